import Foundation
import RingbackClient
import Testing

/// TLS with certificates and a server of openssl.
struct TLSTests {
    /// `openssl s_server`, which answers every GET with a page of its own.
    private final class SecureServer {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("ringback-\(UUID())")
        private(set) var port = 0
        private let process = Process()

        var authority: String { directory.appendingPathComponent("ca.pem").path }

        /// - Parameter name: The name in the certificate.
        init(for name: String) async throws {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            let script = """
                new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
                openssl req -x509 $new -keyout ca.key -out ca.pem -subj /CN=Authority -days 2 &&
                openssl req $new -keyout key.pem -out request.pem -subj /CN=Server &&
                echo "subjectAltName=\(name)" >names &&
                openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -days 2 \\
                    -extfile names || exit 1
                exec 2>&1
                exec openssl s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -www
                """
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", script]
            process.currentDirectoryURL = directory
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            // It prints its address: `ACCEPT 127.0.0.1:PORT`. Reading blocks, so it is done in a thread.
            let said = await withCheckedContinuation { continuation in
                Thread {
                    var said = ""
                    while !said.contains("ACCEPT") || said.last != "\n",
                        case let bytes = output.fileHandleForReading.availableData, !bytes.isEmpty
                    {
                        said += String(decoding: bytes, as: UTF8.self)
                    }
                    continuation.resume(returning: said)
                }.start()
            }
            port = try #require(said.split(whereSeparator: { !$0.isNumber }).last.flatMap { Int($0) }, "\(said)")
        }

        deinit {
            process.terminate()
            try? FileManager.default.removeItem(at: directory)
        }

        /// The error of a request and of a socket.
        func errors(trusting file: String?, through proxy: String = "") async throws -> [RingbackError] {
            let network = NetworkOptions(
                certificateAuthorities: file, proxy: proxy, connectTimeout: .seconds(5), requestTimeout: .seconds(5))
            let session = Session(
                token: "token", userId: UserID("vasya")!, deviceId: .random(), deviceName: nil,
                createdAt: Timestamp(milliseconds: 0), expiresAt: Timestamp(milliseconds: 0))
            let client = try RingbackClient(
                baseURL: URL(string: "https://127.0.0.1:\(port)")!, session: session, network: network,
                retries: RetryPolicy(maximumRetries: 0, firstDelay: .milliseconds(1)))
            var errors: [RingbackError] = []
            do { _ = try await client.getMe() } catch let error as RingbackError { errors.append(error) }
            do {
                for try await _ in client.events(over: .only(.webSocket)) {}
            } catch let error as RingbackError { errors.append(error) }
            return errors
        }
    }

    private func isRefused(_ error: RingbackError) -> Bool {
        if case .transport(let failure) = error { failure.kind == .tls } else { false }
    }

    @Test func `an unknown authority is refused, and a known one is not`() async throws {
        let server = try await SecureServer(for: "IP:127.0.0.1")
        let refused = try await server.errors(trusting: nil)
        #expect(refused.count == 2 && refused.allSatisfy(isRefused), "\(refused)")
        // TLS works then, and the response is a page of openssl.
        let answered = try await server.errors(trusting: server.authority)
        #expect(answered.count == 2, "\(answered)")
        for error in answered {
            guard case .unexpectedResponse(let response) = error else {
                Issue.record("\(error)")
                continue
            }
            #expect(response.contentType == "text/html")
        }
    }

    @Test func `a certificate for another host is refused`() async throws {
        let server = try await SecureServer(for: "DNS:ringback.example.org")
        let refused = try await server.errors(trusting: server.authority)
        #expect(refused.count == 2 && refused.allSatisfy(isRefused), "\(refused)")
    }

    @Test func `through a proxy, the server's certificate is verified as well`() async throws {
        let server = try await SecureServer(for: "IP:127.0.0.1")
        let proxy = try HTTPProxy()
        let refused = try await server.errors(trusting: nil, through: proxy.url())
        #expect(refused.count == 2 && refused.allSatisfy(isRefused), "\(refused)")
        let answered = try await server.errors(trusting: server.authority, through: proxy.url())
        #expect(answered.map(\.status) == [200, 200], "\(answered)")
        #expect(Set(proxy.lines) == ["CONNECT 127.0.0.1:\(server.port) HTTP/1.1"])
    }
}
