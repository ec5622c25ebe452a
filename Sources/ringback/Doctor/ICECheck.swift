import Foundation
import RingbackClient

/// Asks STUN and TURN servers whether they do what they are listed for.
enum ICECheck {
    /// A `stun:` or `turn:` URL (RFC 7064, RFC 7065).
    struct Address: Equatable {
        var scheme: String
        var host: String
        var port: UInt16
        var isStream: Bool

        init?(_ url: String) {
            let parts = url.split(separator: "?", maxSplits: 1)
            guard let colon = parts.first?.firstIndex(of: ":") else { return nil }
            scheme = parts[0][..<colon].lowercased()
            guard ["stun", "stuns", "turn", "turns"].contains(scheme) else { return nil }
            isStream = parts.count == 2 && parts[1].contains("transport=tcp")
            var rest = parts[0][parts[0].index(after: colon)...]
            if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
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

    static func check(_ url: String, _ server: ICEServer) async -> Finding {
        guard let address = Address(url) else {
            return .broken("this is no STUN or TURN URL", advice: "Mend --stun-urls or --turn-urls of the server.")
        }
        guard !address.scheme.hasSuffix("s") else { return .skipped("TLS to STUN and TURN servers is not checked") }
        // The sockets block, so they get a thread that may.
        return await withCheckedContinuation { continuation in
            Thread {
                continuation.resume(
                    returning: address.scheme == "stun" ? bind(address) : allocate(address, server))
            }.start()
        }
    }

    private static func bind(_ address: Address) -> Finding {
        do {
            let request = STUNMessage(STUNMessage.bindingRequest)
            let socket = try ICESocket(host: address.host, port: address.port, isStream: address.isStream)
            guard let answer = socket.exchange(request) else { return silent }
            guard answer.isSuccess(of: request), answer.value(.xorMappedAddress) != nil else {
                return .broken("it answers, but not with an address", advice: "Is this a STUN server?")
            }
            return .fine("answers a binding request")
        } catch {
            return .broken("\(error)", advice: "Mend the address, or start the server.")
        }
    }

    private static var silent: Finding {
        .broken(
            "no answer", advice: "Is the server running, and does a firewall let its port through (mostly UDP 3478)?")
    }

    private static func allocate(_ address: Address, _ server: ICEServer) -> Finding {
        guard let username = server.username, let password = server.credential else {
            return .broken("there are no credentials for it", advice: "Set --turn-secret of the Ringback server.")
        }
        guard username.utf8.count <= maximumUsernameBytes else {
            return .broken("its username is too long for TURN", advice: "Is this a Ringback server?")
        }
        do {
            let socket = try ICESocket(host: address.host, port: address.port, isStream: address.isStream)
            // UDP relaying (RFC 8656, section 18.7). The first request is refused, and tells the realm and the nonce.
            var request = STUNMessage(STUNMessage.allocateRequest)
            request.add(.requestedTransport, [17, 0, 0, 0])
            guard let challenge = socket.exchange(request) else { return silent }
            guard challenge.error?.code == 401, let realm = challenge.value(.realm), let nonce = challenge.value(.nonce)
            else {
                return .broken(
                    "it does not ask for credentials: \(challenge.error.map { "\($0.code) \($0.reason)" } ?? "?")",
                    advice: "Is this a TURN server with use-auth-secret?")
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
            guard let answer = socket.exchange(request, key: key) else { return silent }
            guard answer.isSuccess(of: request), answer.value(.xorRelayedAddress) != nil else {
                let error = answer.error.map { "\($0.code) \($0.reason)" } ?? "no relayed address"
                return .broken(
                    "the credentials don't allocate: \(error)",
                    advice: answer.error?.code == 401
                        ? "--turn-secret must be the TURN server's static-auth-secret, and both clocks must agree."
                        : "Look into the TURN server's log.")
            }
            var release = signed(STUNMessage.refreshRequest)
            release.add(.lifetime, [0, 0, 0, 0])
            _ = socket.exchange(release, key: key)
            return .fine("credentials allocate a relay")
        } catch {
            return .broken("\(error)", advice: "Mend the address, or start the server.")
        }
    }
}
