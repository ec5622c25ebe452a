import Foundation
import Testing

@testable import CurlTransport

/// A server that answers every request with 204 and keeps its connections open.
private final class KeepAliveServer: Sendable {
    let port: UInt16
    private let listener: Int32

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) + listen(listener, 8) + getsockname(listener, $0, &length)
            }
        }
        try #require(result == 0)
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread {
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                Thread { KeepAliveServer.serve(connection) }.start()
            }
        }.start()
    }

    /// The requests have no body, and come in one piece.
    private static func serve(_ connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(connection, &buffer, buffer.count) > 0 {
            let answer = Array("HTTP/1.1 204 No Content\r\n\r\n".utf8)
            _ = write(connection, answer, answer.count)
        }
        close(connection)
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }
}

struct ConnectionReuseTests {
    @Test func `a connection opened for any address is not used for a transfer to public addresses only`() async throws
    {
        let server = try KeepAliveServer()
        let driver = CurlDriver(connectionsPerHost: 4)
        var request = CurlRequest(
            url: "http://127.0.0.1:\(server.port)/", options: CurlOptions(connectTimeout: .seconds(5)))
        request.timeout = .seconds(5)
        for _ in 1...2 { #expect(try await driver.perform(request).head.status == 204) }
        var options = CurlOptions(connectTimeout: .seconds(5))
        options.allowsOnlyPublicAddresses = true
        request = CurlRequest(url: request.url, options: options)
        request.timeout = .seconds(5)
        let error = await #expect(throws: CurlError.self) { try await driver.perform(request) }
        guard case .failed(.addressNotAllowed, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
