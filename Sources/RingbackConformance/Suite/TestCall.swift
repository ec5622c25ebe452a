import RingbackModel

/// A call between two listening devices, for cases that begin in a later state.
package struct TestCall: Sendable {
    package let id: String
    package let caller: TestDevice
    package let callee: TestDevice

    /// Lets the callee's device ring, and waits until the caller is notified.
    package func ring(at place: Place = #line) async throws {
        try await callee.perform(.alerting, on: id).expectCall(.ringing, at: place)
        try await caller.next(.callRinging, of: id, at: place)
    }

    /// Accepts the call, and waits until the caller is notified.
    package func accept(at place: Place = #line) async throws {
        try await callee.perform(.accept, on: id).expectCall(.connecting, at: place)
        try await caller.next(.callAccepted, of: id, at: place)
    }

    /// Reports from both devices that they are connected.
    package func activate(at place: Place = #line) async throws {
        try await caller.perform(.connected, on: id).expectCall(.connecting, at: place)
        try await callee.perform(.connected, on: id).expectCall(.active, at: place)
        try await caller.next(.callActive, of: id, at: place)
    }

    /// Hangs up, and waits until the callee is notified, by which time all earlier events have arrived.
    package func hangUp(at place: Place = #line) async throws {
        try await caller.perform(.hangUp, on: id).expectCall(.ended, at: place)
        try await callee.next(.callEnded, of: id, at: place)
    }

    /// Sends an offer from one side, and waits until the other side receives it.
    ///
    /// - Returns: The number of the negotiation.
    @discardableResult
    package func offer(
        by offerer: TestDevice, _ sdp: String = "v=0\r\n", at place: Place = #line
    ) async throws -> Int {
        let offer = try await offerer.perform(.sendOffer, on: id, .description("offer", sdp)).expect(201, at: place)
        let number = offer.number("negotiation") ?? 0
        try await peer(of: offerer).next(.callOffer, of: id, at: place) { $0.data?.number("negotiation") == number }
        return number
    }

    /// Sends an answer from one side, and waits until the other side receives it.
    package func answer(
        by answerer: TestDevice, negotiation: Int, _ sdp: String = "v=0\r\n", at place: Place = #line
    ) async throws {
        let data = JSONLiteral.description("answer", sdp).adding("negotiation", .integer(negotiation))
        try await answerer.perform(.sendAnswer, on: id, data).expect(201, at: place)
        try await peer(of: answerer).next(.callAnswer, of: id, at: place)
    }

    /// The other device.
    package func peer(of device: TestDevice) -> TestDevice { device === caller ? callee : caller }

    /// The current call as one of its parties sees it.
    package func current(by device: TestDevice, at place: Place = #line) async throws -> CallView {
        try CallView(await device.perform(.getCall, on: id).expect(200, at: place), at: place)
    }
}

extension JSONLiteral {
    /// `{"description":{"type","sdp"}}`
    package static func description(_ type: String, _ sdp: String) -> JSONLiteral {
        ["description": ["type": .string(type), "sdp": .string(sdp)]]
    }

    /// `{"candidates":[{RTCIceCandidateInit}…]}`
    package static func candidates(_ lines: String...) -> JSONLiteral {
        ["candidates": .array(lines.map { ["candidate": .string($0), "sdpMid": "0", "sdpMLineIndex": 0] })]
    }
}
