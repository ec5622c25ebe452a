import ArgumentParser
import RingbackCore
import RingbackModel
import RingbackServer

extension Serve {
    func registration(_ source: SettingsSource) throws -> ServerSettings.Registration {
        guard let text = source.string("registration", registration) else { return .closed }
        guard let registration = ServerSettings.Registration(rawValue: text) else {
            throw ValidationError("registration must be open or closed, not '\(text)'.")
        }
        return registration
    }

    func timing(_ source: SettingsSource, callsFrom: CallsFrom) throws -> CallTiming {
        var timing = CallTiming()
        timing.callsFrom = callsFrom
        // No call rings longer than the maximum.
        timing.unreachable = .seconds(
            Int64(try source.integer("unreachable-seconds", unreachableSeconds, in: 10...180, default: 180)))
        try limits.apply(source, to: &timing)
        return timing
    }

    /// An address to listen on, IPv6 without its brackets.
    private func address(_ name: String, _ option: String?, _ source: SettingsSource) throws -> String? {
        guard let text = source.string(name, option) else { return nil }
        let address = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        guard !address.isEmpty else { throw ValidationError("\(name) must not be empty.") }
        return address
    }

    func settings(_ source: SettingsSource) throws -> ServerSettings {
        var settings = ServerSettings()
        settings.hostname = try address("hostname", hostname, source) ?? settings.hostname
        settings.managementHostname =
            try address("management-hostname", managementHostname, source) ?? settings.managementHostname
        let noPort = -1
        let managementPort = try source.integer("management-port", managementPort, in: 0...65_535, default: noPort)
        settings.managementPort = managementPort == noPort ? nil : managementPort
        settings.hasDemo = try source.isOn("demo", demo)
        settings.hasDocs = try source.isOn("docs", docs)
        settings.port = try source.integer("port", port, in: 0...65_535, default: settings.port)
        settings.tokenLifetime = .seconds(
            86_400 * Int64(try source.integer("token-days", tokenDays, in: 1...36_500, default: 30)))
        settings.passwordCost = try source.integer("password-cost", passwordCost, in: 4...20, default: 15)
        settings.drainTime = .seconds(
            Int64(try source.integer("drain-seconds", drainSeconds, in: 0...3600, default: 10)))
        settings.stunURLs = source.list("stun-urls", stunURLs)
        for url in settings.stunURLs { try ICECheck.Address.check(url, "stun-urls", "stun") }
        settings.turnServers = try TURNSecrets(
            source.secrets("turn-secrets", turnSecrets, file: turnSecretsFile),
            other: source.secret("turn-secret", turnSecret, file: turnSecretFile)
        ).servers(source.list("turn-urls", turnURLs))
        settings.turnLifetime = .seconds(
            Int64(try source.integer("turn-seconds", turnSeconds, in: 60...604_800, default: 3600)))
        settings.webhooks = try webhooks.endpoints(source)
        try push.apply(source, to: &settings)
        try limits.apply(source, to: &settings, files: FileDescriptors.raiseLimit())
        try retention.apply(source, to: &settings)
        settings.allowedOrigins = source.list("allowed-origins", allowedOrigins)
        for origin in settings.allowedOrigins { try Origin.check(origin) }
        if let text = source.string("base-path", basePath) {
            guard let path = BasePath(text) else {
                throw ValidationError("base-path must be a path such as /ringback, not '\(text)'.")
            }
            settings.basePath = path
        }
        let proxies = source.list("trusted-proxies", trustedProxies)
        if !proxies.isEmpty {
            settings.trustedProxies = try (proxies == ["none"] ? [] : proxies).map { text in
                guard let range = AddressRange(text) else {
                    throw ValidationError(
                        "trusted-proxies: '\(text)' is neither an address nor a range of them, such as 10.0.0.0/8.")
                }
                return range
            }
        }
        if let text = source.string("client-address", clientAddress) {
            guard let way = ServerSettings.ClientAddress(rawValue: text) else {
                throw ValidationError(
                    "client-address must be x-forwarded-for, forwarded or proxy-protocol, not '\(text)'.")
            }
            settings.clientAddress = way
        }
        settings.administratorToken = try source.secret("admin-token", adminToken, file: adminTokenFile)
        if let token = settings.administratorToken, token.utf8.count < 16 {
            throw ValidationError("admin-token must have at least 16 characters.")
        }
        return settings
    }
}
