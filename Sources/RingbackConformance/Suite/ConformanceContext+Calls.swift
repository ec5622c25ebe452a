package import RingbackModel

extension TestDevice {
    /// Invites a user.
    ///
    /// - Returns: The server's answer, with any status.
    package func invite(
        _ user: TestUser, ringSeconds: Int? = nil, custom: JSONLiteral? = nil, key: String? = nil
    ) async throws -> OperationAnswer {
        var data: JSONLiteral = ["callee": .string(user.userId), "media": ["audio": true, "video": true]]
        if let ringSeconds { data = data.adding("ringSeconds", .integer(ringSeconds)) }
        if let custom { data = data.adding("custom", custom) }
        return try await perform(.invite, data, key: key)
    }

    /// Invites the user of a listening device, and waits until the device is notified.
    package func call(_ callee: TestDevice, ringSeconds: Int? = nil, at place: Place = #line) async throws -> TestCall {
        let call = try await invite(callee.user, ringSeconds: ringSeconds).expectCall(.inviting, status: 201, at: place)
        try await callee.next(.callIncoming, of: call.id, at: place)
        return TestCall(id: call.id, caller: self, callee: callee)
    }
}

extension ConformanceContext {
    /// Creates a call between two new users and brings it into a state.
    package func call(_ state: Call.State, at place: Place = #line) async throws -> TestCall {
        let call = try await caller().call(callee(), at: place)
        if state == .inviting { return call }
        try await call.ring(at: place)
        if state == .ringing { return call }
        try await call.accept(at: place)
        if state == .connecting { return call }
        try await call.activate(at: place)
        if state == .active { return call }
        try await call.hangUp(at: place)
        return call
    }
}
