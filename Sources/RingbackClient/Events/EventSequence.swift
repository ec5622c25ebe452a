public import RingbackModel
import Synchronization

/// What happens to a user, in order, without end: across lost connections, restarts of the server and changes of transport
/// nothing is missing and nothing comes twice.
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
/// It ends by throwing: `CancellationError` when its task is cancelled, ``RingbackError`` when no other try can help, such as
/// when the token is not valid any more. A reader that is too slow lags on the server, not in memory.
public struct EventSequence: AsyncSequence, Sendable {
    /// What comes.
    public typealias Element = Event

    private let client: RingbackClient
    private let start: Cursor?
    private let control: EventControl

    init(_ client: RingbackClient, after start: Cursor?, over choice: TransportChoice) {
        self.client = client
        self.start = start
        control = EventControl(choice)
    }

    /// Changes the transport in the middle: the sequence goes on from where it is.
    public func use(_ choice: TransportChoice) { control.use(choice) }

    /// Begins at the cursor that the sequence was made with.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(engine: EventEngine(client, after: start, control: control))
    }

    /// Takes one event after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let engine: EventEngine

        /// Waits for the next event.
        ///
        /// - Throws: ``RingbackError``; `CancellationError`.
        public mutating func next() async throws -> Event? { try await engine.next() }
    }
}

extension RingbackClient {
    /// The user's events.
    ///
    /// - Parameters:
    ///   - cursor: The ``Event/cursor`` of the last event that was dealt with. Without one it begins with a
    ///     ``Event/Kind/snapshot(_:)``.
    ///   - choice: Which transports may be used.
    public func events(after cursor: Cursor? = nil, over choice: TransportChoice = .automatic) -> EventSequence {
        EventSequence(self, after: cursor, over: choice)
    }

    /// One long poll. ``events(after:over:)`` does this and all the rest.
    ///
    /// - Parameters:
    ///   - cursor: Without one the answer is a snapshot.
    ///   - waitSeconds: 0 to 60.
    ///   - limit: Events at most, 1 to 1000.
    /// - Throws: `cursor_expired`: begin again without a cursor.
    public func pollEvents(after cursor: Cursor? = nil, waitSeconds: Int = 25, limit: Int = 100) async throws
        -> EventsPage
    {
        try await object(pollRequest(after: cursor, waitSeconds: waitSeconds, limit: limit), EventsPage.init)
    }

    func pollRequest(after cursor: Cursor?, waitSeconds: Int, limit: Int) -> OperationRequest {
        var request = OperationRequest(.pollEvents).with("cursor", cursor?.description)
            .with("waitSeconds", String(waitSeconds)).with("limit", String(limit))
        request.extraTime = .seconds(waitSeconds)
        return request
    }
}

/// Changes a sequence of events while it runs.
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

    /// The link that `engine` waits on.
    func set(_ link: (any EventLink)?, of engine: EventEngine) {
        state.withLock { $0.links[ObjectIdentifier(engine)] = link }
    }
}
