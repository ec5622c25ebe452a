import ArgumentParser
import RingbackCore
import RingbackServer

/// The options about how much one device, user, address or key may use, and all of them together.
struct LimitOptions: ParsableArguments {
    @Option(help: "The maximum number of connections. (default: what the limit of open files allows)")
    var maxConnections: Int?

    @Option(
        help: """
            Connections of one IPv4 address, or 64 bits of IPv6, that is no trusted proxy; and sockets, streams and waiting \
            polls that come from it through one. (default: 1000)
            """)
    var addressConnections: Int?

    @Option(help: "The maximum number of sockets, streams and waiting polls per device. (default: 1000)")
    var deviceConnections: Int?

    @Option(
        help: """
            The maximum number of sockets, streams and waiting polls per user. (default: 1000, or that of a device if it \
            is more)
            """)
    var userConnections: Int?

    @Option(
        help: """
            Megabytes that all connections may hold for clients that don't read or send faster than they are answered. \
            (default: an eighth of the memory)
            """)
    var connectionMegabytes: Int?

    @Option(
        help: "Devices per user; the next sign-in signs out the one seen longest ago. (default: 32)")
    var userDevices: Int?

    @Option(help: "Live calls of a user at a time. (default: 128)")
    var userCalls: Int?

    @Option(help: "Live calls of two users with each other at a time. (default: 32)")
    var pairCalls: Int?

    @Option(help: "Live calls at a time that were begun from one IPv4 address, or 64 bits of IPv6. (default: 1000)")
    var addressCalls: Int?

    @Option(help: "Writes per second that a device may send on average. (default: 500)")
    var deviceWrites: Int?

    @Option(help: "Reads per second by one user on average, not counting reads of events. (default: 200)")
    var userReads: Int?

    @Option(help: "Requests per second that may be sent with one server key on average. (default: 500)")
    var keyRequests: Int?

    @Option(
        help: """
            Kilobytes per second that one user may write on average, and sixty times as many at once. (default: 64)
            """)
    var userWriteKilobytes: Int?

    @Option(help: "Invitations per second that a user may send on average. (default: 100)")
    var userInvites: Int?

    @Option(help: "Writes per second from one IPv4 address, or 64 bits of IPv6, on average. (default: 5000)")
    var addressWrites: Int?

    @Option(
        help: """
            Kilobytes per second that are written from one IPv4 address, or 64 bits of IPv6, on average, and sixty times as many \
            at once. (default: 1024)
            """)
    var addressWriteKilobytes: Int?

    @Option(help: "Invitations per second from one IPv4 address, or 64 bits of IPv6, on average. (default: 500)")
    var addressInvites: Int?

    @Option(help: "Sign-ins per minute from one IPv4 address, or 64 bits of IPv6. (default: 300)")
    var addressSignIns: Int?

    @Option(help: "Registrations per minute from one IPv4 address, or 64 bits of IPv6. (default: 300)")
    var addressRegistrations: Int?

    /// - Parameter files: How many files and connections the process may have open.
    /// - Throws: `ValidationError`.
    func apply(_ source: SettingsSource, to settings: inout ServerSettings, files: Int) throws {
        settings.maximumConnections = try source.integer(
            "max-connections", maxConnections, in: 1...1_000_000, default: max(64, files - 256))
        settings.devicesPerUser = try source.integer("user-devices", userDevices, in: 1...1000, default: 32)
        settings.connectionMemory =
            try source.integer(
                "connection-megabytes", connectionMegabytes, in: 16...1_000_000,
                default: max(16, min(1_000_000, PhysicalMemory.bytes >> 23))) << 20
        settings.connectionsPerAddress = try source.integer(
            "address-connections", addressConnections, in: 1...1_000_000, default: 1000)
        settings.connectionsPerDevice = try source.integer(
            "device-connections", deviceConnections, in: 1...1_000_000, default: 1000)
        settings.connectionsPerUser = try source.integer(
            "user-connections", userConnections, in: 1...1_000_000, default: max(1000, settings.connectionsPerDevice))
        settings.callsPerAddress = try source.integer(
            "address-calls", addressCalls, in: 1...1_000_000, default: 1000)
        settings.writesPerSecondFromAddress = Double(
            try source.integer("address-writes", addressWrites, in: 1...1_000_000, default: 5000))
        settings.invitesPerSecondFromAddress = Double(
            try source.integer("address-invites", addressInvites, in: 1...1_000_000, default: 500))
        settings.writesPerSecond = Double(
            try source.integer("device-writes", deviceWrites, in: 1...1_000_000, default: 500))
        settings.readsPerSecond = Double(
            try source.integer("user-reads", userReads, in: 1...1_000_000, default: 200))
        settings.keyRequestsPerSecond = Double(
            try source.integer("key-requests", keyRequests, in: 1...1_000_000, default: 500))
        settings.bytesPerSecond = Double(
            1024 * (try source.integer("user-write-kilobytes", userWriteKilobytes, in: 1...1_000_000, default: 64)))
        settings.bytesPerSecondFromAddress = Double(
            1024
                * (try source.integer(
                    "address-write-kilobytes", addressWriteKilobytes, in: 1...1_000_000, default: 1024)))
        settings.invitesPerSecond = Double(
            try source.integer("user-invites", userInvites, in: 1...1_000_000, default: 100))
        settings.signInsPerMinute = Double(
            try source.integer("address-sign-ins", addressSignIns, in: 1...1_000_000, default: 300))
        settings.registrationsPerMinute = Double(
            try source.integer("address-registrations", addressRegistrations, in: 1...1_000_000, default: 300))
    }

    /// - Throws: `ValidationError`.
    func apply(_ source: SettingsSource, to timing: inout CallTiming) throws {
        timing.liveCalls = try source.integer("user-calls", userCalls, in: 1...1000, default: timing.liveCalls)
        timing.liveCallsOfPair = try source.integer(
            "pair-calls", pairCalls, in: 1...1000, default: timing.liveCallsOfPair)
    }
}
