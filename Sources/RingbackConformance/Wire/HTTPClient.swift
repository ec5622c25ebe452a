import NIOCore
import NIOHTTP1
import Synchronization

/// An HTTP/1.1 client with keep-alive. Uses one connection per concurrent request and reuses it afterwards.
package final class HTTPClient: Sendable {
    package let address: ServerAddress
    private let idle = Mutex<[HTTPLink]>([])

    package init(_ address: ServerAddress) { self.address = address }

    /// Sends a request and reads the complete response.
    ///
    /// - Throws: ``WireError``; errors of the connection.
    package func send(_ request: WireRequest, within time: Duration = .seconds(20)) async throws -> WireResponse {
        let deadline = NIODeadline.now() + TimeAmount(time)
        let link = try await openLink()
        do {
            link.send(request, to: address)
            let response = try await link.response(before: deadline)
            if response.header("connection")?.lowercased() == "close" {
                await link.close()
            } else {
                idle.withLock { $0.append(link) }
            }
            return response
        } catch {
            await link.close()
            throw error
        }
    }

    /// Sends a request whose response may not end.
    ///
    /// - Returns: If the status is 200, the head of the response and the connection, which the caller must close;
    ///   otherwise the complete response.
    func open(_ request: WireRequest, within time: Duration = .seconds(20)) async throws -> OpenedStream {
        let deadline = NIODeadline.now() + TimeAmount(time)
        let link = try await HTTPLink.connect(to: address)
        do {
            link.send(request, to: address)
            let head = try await link.head(before: deadline)
            if head.status == .ok { return .open(head.headers, link) }
            var body: [UInt8] = []
            while let part = try await link.bodyPart(before: deadline) {
                body.append(contentsOf: part.readableBytesView)
            }
            await link.close()
            return .refused(WireResponse(status: Int(head.status.code), headers: head.headers, body: body))
        } catch {
            await link.close()
            throw error
        }
    }

    enum OpenedStream: Sendable {
        case open(HTTPHeaders, HTTPLink)
        case refused(WireResponse)
    }

    /// Closes the idle connections.
    package func close() async {
        let links = idle.withLock { links in
            defer { links = [] }
            return links
        }
        for link in links { await link.close() }
    }

    private func openLink() async throws -> HTTPLink {
        while let link = idle.withLock({ $0.popLast() }) {
            if link.isOpen { return link }
        }
        return try await HTTPLink.connect(to: address)
    }
}
