import Synchronization

/// What a case works with: a server, two transports, and users of its own.
package final class ConformanceContext: Sendable {
    package let address: ServerAddress
    package let mix: TransportMix
    /// For cases that need an administrator.
    package let administratorToken: String?
    /// For requests of nobody's.
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

    /// Registers a user of this run's own.
    package func user(_ name: String) async throws -> TestUser { try await .register(name, over: http) }

    /// Signs a device in, which does not listen yet.
    package func signIn(
        _ user: TestUser, over transport: Transport, deviceId: String? = nil
    ) async throws -> TestDevice {
        let client = HTTPClient(address)
        let device = try await TestDevice(
            user, session: user.signIn(over: client, deviceId: deviceId), over: transport, http: client)
        devices.withLock { $0.append(device) }
        return device
    }

    /// A new user's device that listens over the caller's transport.
    package func caller(_ name: String = "vasya") async throws -> TestDevice {
        try await listening(signIn(user(name), over: mix.caller))
    }

    /// A new user's device that listens over the callee's transport.
    package func callee(_ name: String = "petya") async throws -> TestDevice {
        try await listening(signIn(user(name), over: mix.callee))
    }

    /// One more device of a user, listening.
    package func sibling(of device: TestDevice, over transport: Transport) async throws -> TestDevice {
        try await listening(signIn(device.user, over: transport))
    }

    /// Lets time pass, in steps in which `devices` stay in touch.
    package func pass(_ time: Duration, keeping devices: TestDevice...) async throws {
        var left = time
        while left > .zero {
            let step = min(left, .seconds(20))
            try await advance(step)
            left -= step
            for device in devices { try await device.stayInTouch() }
        }
    }

    /// Lets time pass, in steps in which `device` stays in touch, until something is so, though not more than `time`.
    package func pass(
        upTo time: Duration, keeping device: TestDevice, until condition: () async throws -> Bool
    ) async throws {
        var left = time
        while try await !condition(), left > .zero {
            try await pass(.seconds(5), keeping: device)
            left -= .seconds(5)
        }
    }

    /// Checks what has to hold for every device, whatever the case was about.
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
