import CurlTransport
import RingbackCore
import RingbackModel

/// Posts messages to webhook endpoints.
struct WebhookSender: OutboxSender {
    private static let timeout: Duration = .seconds(15)
    private static let connectTimeout: Duration = .seconds(5)
    private static let maximumBytes = 64 << 10

    private let endpoints: [OutboxLane: WebhookEndpoint]
    /// The event log's epoch, which makes the numbers of messages unique.
    private let epoch: String
    private let driver: CurlDriver
    private let time: any Timekeeper

    init(_ endpoints: [WebhookEndpoint], epoch: String, driver: CurlDriver, time: any Timekeeper) {
        self.endpoints = Dictionary(endpoints.map { (.webhook($0.name), $0) }) { $1 }
        self.epoch = epoch
        self.driver = driver
        self.time = time
    }

    func send(_ delivery: OutboxDelivery) async -> OutboxResult {
        guard let endpoint = endpoints[delivery.lane] else { return .refused("the endpoint is not configured") }
        var options = CurlOptions(connectTimeout: Self.connectTimeout)
        options.allowsOnlyPublicAddresses = endpoint.isPublic
        var request = CurlRequest(url: endpoint.url, options: options)
        request.method = "POST"
        request.body = body(of: delivery)
        request.headers =
            endpoint.secrets.fields(
                id: delivery.messageID(epoch: epoch), seconds: time.now.milliseconds / 1000, body: request.body ?? [])
            + [("Content-Type", "application/json"), ("User-Agent", "Ringback")]
        request.timeout = Self.timeout
        request.maximumBytes = Self.maximumBytes
        do {
            return Self.result(try await driver.perform(request).head)
        } catch let error as CurlError {
            switch error {
            case .failed(_, let text): return .unavailable(text)
            // What was sent has arrived.
            case .tooLong(let head, _): return Self.result(head)
            }
        } catch {
            return .unavailable("\(error)")
        }
    }

    /// The stored body, with the cursor if there is one.
    private func body(of delivery: OutboxDelivery) -> [UInt8] {
        guard let position = delivery.position, delivery.body.suffix(2).elementsEqual("}}".utf8) else {
            return delivery.body
        }
        let cursor = Cursor(epoch: epoch, position: position)
        return delivery.body.dropLast(2) + Array(#","cursor":"\#(cursor)"}}"#.utf8)
    }

    static func result(_ head: CurlResponseHead) -> OutboxResult {
        switch head.status {
        case 200..<300: .delivered
        case 410: .void("410 Gone")
        case 408, 429, 500...: .unavailable("status \(head.status)", retryAfter: head.retryAfter)
        default: .refused("status \(head.status)")
        }
    }
}

extension OutboxDelivery {
    /// The identifier of the message, the same for each attempt.
    func messageID(epoch: String) -> String { "msg_\(epoch)_\(number)" }
}
