import Synchronization

/// What a case works with: a server, two transports, and users of its own.
package final class ConformanceContext: Sendable {
    package let address: ServerAddress
    package let mix: TransportMix
    /// For cases that need an administrator.
    package let administratorToken: String?
    /// For unauthenticated requests.
    package let http: HTTPClient
    private let advance: @Sendable (Duration) async throws -> Void
    private let devices = Mutex<[TestDevice]>([])

    init(
        _ address: ServerAddress, _ mix: TransportMix, administratorToken: String?,
        advance: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.address = address
        self.mix = mix
        self.administratorToken = administratorToken
        self.advance = advance
        http = HTTPClient(address)
    }

    /// Registers a user for this run.
    package func user(_ name: String) async throws -> TestUser { try await .register(name, over: http) }

    /// Signs in a device, which does not listen yet.
    package func signIn(
        _ user: TestUser, over transport: Transport, deviceId: String? = nil
    ) async throws -> TestDevice {
        let client = HTTPClient(address)
        let device = try await TestDevice(
            user, session: user.signIn(over: client, deviceId: deviceId), over: transport, http: client)
        devices.withLock { $0.append(device) }
        return device
    }

    /// A device of a new user that listens over the caller's transport.
    package func caller(_ name: String = "vasya") async throws -> TestDevice {
        try await listening(signIn(user(name), over: mix.caller))
    }

    /// A device of a new user that listens over the callee's transport.
    package func callee(_ name: String = "petya") async throws -> TestDevice {
        try await listening(signIn(user(name), over: mix.callee))
    }

    /// Another device of a user, which listens.
    package func sibling(of device: TestDevice, over transport: Transport) async throws -> TestDevice {
        try await listening(signIn(device.user, over: transport))
    }

    /// Lets time pass, in steps during which `devices` stay in contact.
    package func pass(_ time: Duration, keeping devices: TestDevice...) async throws {
        var left = time
        while left > .zero {
            let step = min(left, .seconds(20))
            try await advance(step)
            left -= step
            for device in devices { try await device.stayInTouch() }
        }
    }

    /// Lets time pass until a condition holds, at most `time`, in steps during which `device` stays in contact.
    package func pass(
        upTo time: Duration, keeping device: TestDevice, until condition: () async throws -> Bool
    ) async throws {
        var left = time
        while try await !condition(), left > .zero {
            try await pass(.seconds(5), keeping: device)
            left -= .seconds(5)
        }
    }

    /// Checks the rules that hold for every device in every case.
    func checkInvariants() throws {
        for device in devices.withLock({ $0 }) { try EventRules.check(device) }
    }

    /// Closes every connection.
    func close() async {
        for device in devices.withLock({ $0 }) { await device.close() }
        await http.close()
    }

    private func listening(_ device: TestDevice) async throws -> TestDevice {
        try await device.listen()
        return device
    }
}
