import CurlTransport
import RingbackModel
import Synchronization

/// GET /v1/events, repeatedly
final class PollLink: EventLink {
    private struct State {
        var transfer: CurlTransfer?
        var isClosed = false
        var hasBegun = false
        /// How long a poll waits, in seconds. Reduced when something between client and server cuts long requests off.
        var wait = 25
        var isProven = false
    }

    private static let limit = 100

    private let client: RingbackClient
    private let state = Mutex(State())

    init(_ client: RingbackClient) { self.client = client }

    func receive(after cursor: Cursor?) async throws -> [LinkMessage] {
        let (hasBegun, wait) = state.withLock { ($0.hasBegun, $0.wait) }
        // The first poll returns at once, to show that there is a connection.
        let seconds = hasBegun ? wait : 0
        let started = ContinuousClock.now
        do {
            let page = try await poll(after: cursor, seconds: seconds)
            state.withLock { state in
                state.hasBegun = true
                if page.events.isEmpty, seconds > 0 { state.isProven = true }
            }
            let events = page.events.map { LinkMessage.event($0) }
            if !hasBegun { return [.begin(cursor ?? page.cursor, page.calls)] + events + [.idle(page.cursor)] }
            return events + [.idle(page.cursor)]
        } catch let error as RingbackError where hasBegun && Self.looksCut(error) {
            // Cut off while waiting: halve the wait and try again before reporting a lost connection.
            guard ContinuousClock.now - started > .seconds(1), seconds > 5 else { throw error }
            let goesOn = state.withLock { state in
                guard !state.isProven else { return false }
                state.wait = max(5, seconds / 2)
                return true
            }
            guard goesOn else { throw error }
            return []
        }
    }

    private static func looksCut(_ error: RingbackError) -> Bool {
        if case .transport(let failure) = error { return failure.kind == .connectionLost || failure.kind == .timedOut }
        return error.status == 504 || error.status == 408
    }

    private func poll(after cursor: Cursor?, seconds: Int) async throws -> EventsPage {
        let request = client.pollRequest(after: cursor, waitSeconds: seconds, limit: Self.limit)
        let transfer = try CurlTransfer(client.httpRequest(request))
        let isClosed = state.withLock { state in
            state.transfer = transfer
            return state.isClosed
        }
        guard !isClosed else { throw CancellationError() }
        defer { state.withLock { $0.transfer = nil } }
        let response = try await RingbackClient.perform(transfer)
        try RingbackClient.check(response)
        return try RingbackClient.read(response, EventsPage.init)
    }

    func close() {
        let transfer = state.withLock { state in
            state.isClosed = true
            return state.transfer
        }
        if let transfer { CurlDriver.shared.cancel(transfer) }
    }
}
