import CurlTransport
package import Logging
package import RingbackCore
package import RingbackModel
import Synchronization

/// Asks the platform who may call whom: a POST with a signature (Standard Webhooks), whose answer is remembered for a
/// while.
package final class CallWebhook: Sendable {
    package struct Settings: Sendable {
        package var url: String
        package var secret: WebhookSigningKey
        package var timeout: Duration = .seconds(3)
        /// How long an answer is remembered.
        package var memory: Duration = .seconds(10)
        /// Whether calls are permitted while the platform can't be asked.
        package var failsOpen = false

        package init(url: String, secret: WebhookSigningKey) {
            self.url = url
            self.secret = secret
        }
    }

    private static let maximumBytes = 16 << 10

    private let settings: Settings
    private let logger: Logger
    private let driver = CurlDriver(connectionsPerHost: 8)
    private let answers = Mutex(CallAnswers())

    package init(_ settings: Settings, logger: Logger) { (self.settings, self.logger) = (settings, logger) }

    /// Whether the platform permits the call. While it can't be asked, what the settings say.
    ///
    /// - Throws: ``Problem`` `rate_limited` if too many calls, of the caller or of all, wait for its answer.
    package func permits(_ caller: UserID, toCall callee: UserID, at now: Timestamp) async throws -> Bool {
        let pair = CallAnswers.Pair(caller: caller, callee: callee)
        if let known = try answers.withLock({ try $0.begin(pair, at: .now) }) { return known }
        let answer = await ask(pair, at: now)
        answers.withLock { $0.end(pair, with: answer, until: .now + settings.memory) }
        return answer ?? settings.failsOpen
    }

    /// - Returns: `nil` if there was no usable answer.
    private func ask(_ pair: CallAnswers.Pair, at now: Timestamp) async -> Bool? {
        do {
            let response = try await driver.perform(CurlTransfer(request(pair, at: now)))
            guard response.head.status == 200,
                let isAllowed = (try? JSONSlice(parsing: response.body))?["allow"]?.bool
            else {
                logger.warning(
                    "the platform did not say whether a call is permitted",
                    metadata: ["status": "\(response.head.status)"])
                return nil
            }
            return isAllowed
        } catch {
            logger.warning("the platform was not asked whether a call is permitted", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    private func request(_ pair: CallAnswers.Pair, at now: Timestamp) -> CurlRequest {
        var json = JSONWriter()
        json.object { json in
            json.field("type", "call.authorize")
            json.field("timestamp", now)
            json.name("data")
            json.object { json in
                json.field("caller", pair.caller.rawValue)
                json.field("callee", pair.callee.rawValue)
            }
        }
        let body = json.finish()
        let (id, seconds) = ("msg_\(OpaqueText.random(bytes: 16))", now.milliseconds / 1000)
        var request = CurlRequest(
            url: settings.url, options: CurlOptions(connectTimeout: settings.timeout))
        request.method = "POST"
        request.timeout = settings.timeout
        request.maximumBytes = Self.maximumBytes
        request.headers =
            [("Content-Type", "application/json"), ("User-Agent", "Ringback")]
            + [settings.secret].fields(id: id, seconds: seconds, body: body)
        request.body = body
        return request
    }
}
