import Foundation
import RingbackClient

/// Checks that STUN and TURN servers work.
enum ICECheck {
    /// A `stun:` or `turn:` URL (RFC 7064, RFC 7065).
    struct Address: Equatable {
        var scheme: String
        var host: String
        var port: UInt16
        /// Whether to use TCP. TLS implies it (RFC 7065, section 3.1).
        var isStream: Bool
        var isSecure: Bool { scheme.hasSuffix("s") }

        init?(_ url: String) {
            let parts = url.split(separator: "?", maxSplits: 1)
            guard let colon = parts.first?.firstIndex(of: ":") else { return nil }
            scheme = parts[0][..<colon].lowercased()
            guard ["stun", "stuns", "turn", "turns"].contains(scheme) else { return nil }
            let transport = parts.count == 2 ? parts[1].lowercased() : ""
            isStream = transport == "transport=tcp" || scheme.hasSuffix("s") && transport != "transport=udp"
            var rest = parts[0][parts[0].index(after: colon)...]
            if rest.hasPrefix("[") {
                guard let end = rest.firstIndex(of: "]") else { return nil }
                host = String(rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
            } else {
                host = String(rest.prefix { $0 != ":" })
                rest = rest.dropFirst(host.count)
            }
            guard !host.isEmpty, rest.isEmpty || rest.hasPrefix(":") else { return nil }
            guard let port = rest.isEmpty ? (scheme.hasSuffix("s") ? 5349 : 3478) : UInt16(rest.dropFirst()) else {
                return nil
            }
            self.port = port
        }
    }

    /// RFC 8489, section 14.3.
    private static let maximumUsernameBytes = 513

    /// - Parameter certificateAuthorities: A PEM file of certificates to trust instead of the system's.
    static func check(_ url: String, _ server: ICEServer, certificateAuthorities: String?) async -> Finding {
        guard let address = Address(url) else {
            return .broken(
                "this is not a STUN or TURN URL", advice: "Correct --stun-urls or --turn-urls of the server.")
        }
        guard address.isStream || !address.isSecure else { return .skipped("DTLS is not checked") }
        // The sockets block, so they get a thread of their own.
        return await withCheckedContinuation { continuation in
            Thread {
                continuation.resume(returning: check(address, server, certificateAuthorities))
            }.start()
        }
    }

    private static func check(_ address: Address, _ server: ICEServer, _ authorities: String?) -> Finding {
        do {
            let connection: any ICEConnection =
                address.isSecure
                ? try ICESecureSocket(
                    host: address.host, port: address.port, certificateAuthorities: authorities)
                : try ICESocket(host: address.host, port: address.port, isStream: address.isStream)
            return address.scheme.hasPrefix("stun") ? bind(connection) : allocate(connection, server)
        } catch {
            let failure = error as? ICEFailure ?? ICEFailure(text: "\(error)")
            return .broken(failure.text, advice: failure.advice)
        }
    }

    private static func bind(_ connection: some ICEConnection) -> Finding {
        let request = STUNMessage(STUNMessage.bindingRequest)
        guard let answer = connection.exchange(request) else { return silent }
        guard answer.isSuccess(of: request), answer.value(.xorMappedAddress) != nil else {
            return .broken("its response has no address", advice: "Check that this is a STUN server.")
        }
        return .fine("answers a binding request")
    }

    private static var silent: Finding {
        .broken(
            "no response",
            advice: "Check that the server is running and that no firewall blocks its port (usually UDP 3478).")
    }

    private static func allocate(_ connection: some ICEConnection, _ server: ICEServer) -> Finding {
        guard let username = server.username, let password = server.credential else {
            return .broken("it has no credentials", advice: "Set --turn-secret of the Ringback server.")
        }
        guard username.utf8.count <= maximumUsernameBytes else {
            return .broken("its username is too long for TURN", advice: "Check that this is a Ringback server.")
        }
        // UDP relaying (RFC 8656, section 18.7). The first request is rejected with the realm and the nonce.
        var request = STUNMessage(STUNMessage.allocateRequest)
        request.add(.requestedTransport, [17, 0, 0, 0])
        guard let challenge = connection.exchange(request) else { return silent }
        guard challenge.error?.code == 401, let realm = challenge.value(.realm), let nonce = challenge.value(.nonce)
        else {
            return .broken(
                "it does not ask for credentials: \(challenge.error.map { "\($0.code) \($0.reason)" } ?? "?")",
                advice: "Check that this is a TURN server with use-auth-secret.")
        }
        let key = STUNMessage.longTermKey(
            username: username, realm: String(decoding: realm, as: UTF8.self), password: password)
        func signed(_ type: UInt16) -> STUNMessage {
            var message = STUNMessage(type)
            message.add(.username, Array(username.utf8))
            message.add(.realm, realm)
            message.add(.nonce, nonce)
            return message
        }
        request = signed(STUNMessage.allocateRequest)
        request.add(.requestedTransport, [17, 0, 0, 0])
        guard let answer = connection.exchange(request, key: key) else { return silent }
        guard answer.isSuccess(of: request), answer.value(.xorRelayedAddress) != nil else {
            let error = answer.error.map { "\($0.code) \($0.reason)" } ?? "no relayed address"
            return .broken(
                "the credentials were rejected: \(error)",
                advice: answer.error?.code == 401
                    ? "--turn-secret must be the TURN server's static-auth-secret, and the clocks of both servers must agree."
                    : "See the TURN server's log.")
        }
        var release = signed(STUNMessage.refreshRequest)
        release.add(.lifetime, [0, 0, 0, 0])
        _ = connection.exchange(release, key: key)
        return .fine("the credentials permit an allocation")
    }
}
