import Foundation
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import RingbackCore
import RingbackModel
import Synchronization

/// What all connections share whose requests are answered on the event loop.
final class DirectDesk: Sendable {
    let outboxes: LoopOutboxes
    let keeper = LoopKeeper()
    private let dispatcher: Dispatcher
    private let metrics: ServerMetrics
    private let poll: Operation
    /// Writes to calls by their method and what stands behind the call in the path.
    private let writes: [String: Operation]
    private let logger: Logger
    private let date = Mutex<(second: Int64, text: String)>((0, ""))

    init(
        dispatcher: Dispatcher, outboxes: LoopOutboxes, metrics: ServerMetrics, poll: Operation, logger: Logger
    ) {
        self.dispatcher = dispatcher
        self.outboxes = outboxes
        self.metrics = metrics
        self.poll = poll
        self.logger = logger
        let operations = dispatcher.operations.values.filter { $0.call != nil }
        writes = Dictionary(
            uniqueKeysWithValues: operations.map { operation in
                let action = operation.path.split(separator: "/").dropFirst(3).joined(separator: "/")
                return ("\(operation.method.rawValue) \(action)", operation)
            })
    }

    var services: Services { dispatcher.services }

    // MARK: Requests

    /// What there is to do for a request; `nil` leaves it to the HTTP side.
    func exchange(for head: HTTPRequestHead) -> Exchange? {
        guard head.uri.hasPrefix("/v1/"),
            let fields = PlainFields(head, ignoresOrigin: services.settings.allowedOrigins.isEmpty)
        else { return nil }
        if let poll = PollRequest(head, fields) { return Poll(head, self.poll, poll) }
        guard let (call, action) = head.uri.readUTF8({ Self.path(belowCalls: $0) }),
            let operation = writes["\(head.method.rawValue) \(action)"],
            // What has to be decoded is for the HTTP side.
            call.map({ CallID($0) != nil }) ?? true, let write = WriteRequest(fields, callId: call)
        else { return nil }
        return CallWrite(head, operation, write)
    }

    /// The call and what stands behind it in `/v1/calls/{callId}/…`; neither in `/v1/calls`.
    private static func path(belowCalls uri: UnsafeBufferPointer<UInt8>) -> (call: String?, action: String)? {
        let (all, slash) = ("/v1/calls", UInt8(ascii: "/"))
        guard uri.starts(with: all.utf8) else { return nil }
        let rest = uri[all.utf8.count...]
        guard let first = rest.first else { return (nil, "") }
        guard first == slash, let end = rest.dropFirst().firstIndex(of: slash), end + 1 < rest.endIndex
        else { return nil }
        return (
            String(decoding: rest[..<end].dropFirst(), as: UTF8.self),
            String(decoding: rest[(end + 1)...], as: UTF8.self)
        )
    }

    /// What a write asks of the store.
    func callRequest(_ write: CallWrite, by principal: SessionService.Principal) throws -> CallRequest {
        guard let call = write.operation.call else { throw Problem(.notFound, "There is nothing at this path.") }
        let bytes = write.body.readableBytesView
        let asked = OperationRequest(
            operation: write.operation, principal: principal,
            parameters: .url(write.request.callId.map { ["callId": $0] } ?? [:]),
            body: bytes.isEmpty ? nil : try JSONSlice(parsing: Array(bytes)),
            idempotencyKey: write.request.idempotencyKey)
        // Last: what is refused here is admitted by the HTTP side, and must not count twice.
        let request = try call(asked)
        try dispatcher.admit(asked)
        return request
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

    // MARK: Answers

    func served(_ exchange: Exchange, status: Int) {
        metrics.served(exchange.operation, status: status, since: exchange.start)
    }

    /// What the outside hears of an error.
    func problem(for error: any Error, _ write: CallWrite) -> Problem {
        Dispatcher.problem(for: error) { error in
            logger.error(
                "a request failed", metadata: ["op": "\(write.operation.id)", "error": "\(error)"])
        }
    }

    /// The head of an answer, the same as the HTTP side gives it.
    func head(of answer: Answer) -> HTTPResponseHead {
        var head = head(answer.status, answer.status == 204 ? nil : "application/json", bytes: answer.body.count)
        if let location = answer.location { head.headers.add(name: "Location", value: location) }
        return head
    }

    func head(of problem: Problem) -> HTTPResponseHead {
        var head = head(problem.status, "application/problem+json", bytes: problem.json.count)
        if let seconds = problem.retryAfterSeconds { head.headers.add(name: "Retry-After", value: "\(seconds)") }
        return head
    }

    private func head(_ status: Int, _ type: String?, bytes: Int) -> HTTPResponseHead {
        var fields: [(String, String)] = []
        fields.reserveCapacity(8)
        if let type { fields.append(("Content-Type", type)) }
        if status != 204 { fields.append(("Content-Length", String(bytes))) }
        if !services.settings.allowedOrigins.isEmpty { fields.append(("Vary", "Origin")) }
        fields.append(("X-Content-Type-Options", "nosniff"))
        fields.append(("Cache-Control", "no-store"))
        fields.append(("Date", currentDate()))
        return HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: HTTPHeaders(fields))
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
