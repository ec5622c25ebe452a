import Foundation
import NIOCore
import NIOHTTP1
import RingbackCore
import RingbackModel
import Synchronization

/// What all waiting polls share.
final class PollDesk: Sendable {
    let services: Services
    let outboxes: LoopOutboxes
    let keeper = LoopKeeper()
    private let metrics: ServerMetrics
    private let poll: Operation
    private let date = Mutex<(second: Int64, text: String)>((0, ""))

    init(services: Services, outboxes: LoopOutboxes, metrics: ServerMetrics, poll: Operation) {
        self.services = services
        self.outboxes = outboxes
        self.metrics = metrics
        self.poll = poll
    }

    /// Whose poll it is, when that is known without the database.
    func knownParticipant(_ token: String) throws -> Participant? {
        guard let participant = try services.sessions.known(token).map(Self.participant),
            services.presence.isWatching(participant)
        else { return nil }
        return participant
    }

    /// Whose poll it is; from here on the device hears of those it watches.
    func participant(_ token: String) async throws -> Participant {
        let participant = try Self.participant(try await services.sessions.authenticate(token))
        try await services.presence.resumeWatching(participant)
        return participant
    }

    private static func participant(_ principal: SessionService.Principal) throws -> Participant {
        guard case .device(let participant, _) = principal else { throw SessionService.unauthenticated }
        return participant
    }

    func served(since start: ContinuousClock.Instant) { metrics.served(poll, status: 200, since: start) }

    /// The head of an answer, the same as the HTTP side gives it.
    func head(of answer: Answer) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(6)
        headers.add(name: "Content-Type", value: "application/json")
        headers.add(name: "Content-Length", value: String(answer.body.count))
        if !services.settings.allowedOrigins.isEmpty { headers.add(name: "Vary", value: "Origin") }
        headers.add(name: "X-Content-Type-Options", value: "nosniff")
        headers.add(name: "Cache-Control", value: "no-store")
        headers.add(name: "Date", value: currentDate())
        return HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
    }

    /// The time as RFC 9110, section 5.6.7 writes it.
    private func currentDate() -> String {
        let second = Int64(Date().timeIntervalSince1970)
        return date.withLock { date in
            if date.second != second { date = (second, Self.text(of: second)) }
            return date.text
        }
    }

    private static func text(of second: Int64) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let moment = Timestamp(milliseconds: second * 1000).description
        func digits(_ range: Range<Int>) -> Substring { moment.dropFirst(range.lowerBound).prefix(range.count) }
        let month = months[(Int(digits(5..<7)) ?? 1) - 1]
        return "\(days[Int(second / 86_400 % 7)]), \(digits(8..<10)) \(month) \(digits(0..<4)) \(digits(11..<19)) GMT"
    }
}
