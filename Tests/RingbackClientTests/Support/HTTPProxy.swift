import Foundation
import Synchronization

/// An HTTP proxy: tunnels for `CONNECT`, and requests with a whole URL in their first line.
final class HTTPProxy: Sendable {
    private let listener: Listener
    private let record: Record

    private final class Record: Sendable {
        let lines = Mutex<[String]>([])
    }

    /// The URL of the proxy, with user and password if it requires them.
    func url(_ credentials: String = "") -> String { "http://\(credentials)127.0.0.1:\(listener.port)" }

    /// The first lines of the requests.
    var lines: [String] { record.lines.withLock { $0 } }

    /// - Parameter credentials: `user:password`, without which every request is refused.
    init(credentials: String? = nil) throws {
        let record = Record()
        self.record = record
        let expected = credentials.map { "Proxy-Authorization: Basic " + Data($0.utf8).base64EncodedString() }
        listener = try Listener { client in
            guard let head = client.readHead() else { return }
            var lines = head.components(separatedBy: "\r\n")
            record.lines.withLock { $0.append(lines[0]) }
            if let expected, !lines.contains(expected) {
                client.write(
                    "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n".utf8)
                return
            }
            let words = lines[0].split(separator: " ")
            let isTunnel = words[0] == "CONNECT"
            guard let target = URL(string: isTunnel ? "http://\(words[1])" : "\(words[1])"), let port = target.port,
                let server = Connection.connect(port: port)
            else { return }
            if isTunnel {
                client.write("HTTP/1.1 200 Connection established\r\n\r\n".utf8)
            } else {
                lines[0] = "\(words[0]) \(words[1].drop { $0 != "/" }.dropFirst(2).drop { $0 != "/" }) HTTP/1.1"
                lines.removeAll { $0.hasPrefix("Proxy-") }
                lines.insert("Connection: close", at: 1)
                server.write(lines.joined(separator: "\r\n").utf8)
            }
            let upward = Thread {
                while let bytes = client.read(), server.write(bytes) {}
                server.end()
            }
            upward.stackSize = 256 << 10
            upward.start()
            while let bytes = server.read(), client.write(bytes) {}
        }
    }
}
