public import RingbackModel
import Synchronization

/// The events of a user, in order and without end. Lost connections, restarts of the server and changes of transport
/// neither lose nor repeat an event.
///
/// ```swift
/// for try await event in client.events() {
///     switch event.kind {
///     case .incoming(let call): try await client.handle(call).alerting()
///     case .ended(let call): print(call.reason ?? .completed)
///     default: break
///     }
/// }
/// ```
///
/// It ends only by throwing: `CancellationError` when the task is cancelled, or a ``RingbackError`` when retrying
/// cannot help, for example when the token is no longer valid. If the reader is slow, up to 1 MiB of unread events
/// waits in memory, and the rest on the server.
public struct EventSequence: AsyncSequence, Sendable {
    /// The type of the elements.
    public typealias Element = Event

    private let client: RingbackClient
    private let start: Cursor?
    private let control: EventControl

    init(_ client: RingbackClient, after start: Cursor?, over choice: TransportChoice) {
        self.client = client
        self.start = start
        control = EventControl(choice)
    }

    /// Changes the transport while the sequence runs. It continues from its current cursor: at once, or after the delay
    /// if it waits before the next attempt to connect.
    public func use(_ choice: TransportChoice) { control.use(choice) }

    /// Creates an iterator that begins at the cursor of the sequence.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(engine: EventEngine(client, after: start, control: control))
    }

    /// Iterates over the events.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let engine: EventEngine

        /// Waits for the next event. Returns `nil` only after an error was thrown.
        ///
        /// - Throws: ``RingbackError``; `CancellationError`.
        public mutating func next() async throws -> Event? { try await engine.next() }
    }
}

extension RingbackClient {
    /// The events of the user.
    ///
    /// - Parameters:
    ///   - cursor: The ``Event/cursor`` of the last event that was handled. Without a cursor the sequence begins with a
    ///     ``Event/Kind/snapshot(_:)``.
    ///   - choice: Which transports may be used.
    public func events(after cursor: Cursor? = nil, over choice: TransportChoice = .automatic) -> EventSequence {
        EventSequence(self, after: cursor, over: choice)
    }

    /// Performs one long poll. Most applications use ``events(after:over:)`` instead, which also reconnects.
    ///
    /// - Parameters:
    ///   - cursor: Where to continue. Without a cursor the response is a snapshot.
    ///   - waitSeconds: How long the server waits for an event, 0 to 60.
    ///   - limit: The maximum number of events, 1 to 1000.
    /// - Throws: `cursor_expired`: poll without a cursor.
    public func pollEvents(after cursor: Cursor? = nil, waitSeconds: Int = 25, limit: Int = 100) async throws
        -> EventsPage
    {
        try await object(pollRequest(after: cursor, waitSeconds: waitSeconds, limit: limit), EventsPage.init)
    }

    func pollRequest(after cursor: Cursor?, waitSeconds: Int, limit: Int) -> APIRequest {
        var request = APIRequest(.pollEvents).with("cursor", cursor?.description)
            .with("waitSeconds", String(waitSeconds)).with("limit", String(limit))
        request.extraTime = .seconds(waitSeconds)
        return request
    }
}

/// Changes a running sequence of events.
final class EventControl: Sendable {
    private struct State {
        var choice: TransportChoice
        var links: [ObjectIdentifier: any EventLink] = [:]
    }

    private let state: Mutex<State>

    init(_ choice: TransportChoice) { state = Mutex(State(choice: choice)) }

    var choice: TransportChoice { state.withLock(\.choice) }

    func use(_ choice: TransportChoice) {
        let links = state.withLock { state in
            guard state.choice != choice else { return [any EventLink]() }
            state.choice = choice
            return Array(state.links.values)
        }
        for link in links { link.close() }
    }

    /// Records the link that `engine` waits on.
    func set(_ link: (any EventLink)?, of engine: EventEngine) {
        state.withLock { $0.links[ObjectIdentifier(engine)] = link }
    }
}
