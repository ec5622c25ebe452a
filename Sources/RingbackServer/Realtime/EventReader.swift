import RingbackCore
import RingbackModel
import Synchronization

/// One reader of a device's events: the loop of a stream and the single turn of a long-poll are made of it.
///
/// It is armed when it is made, so that nothing falls between a read and the next wait.
final class EventReader: Sendable {
    /// Why there is nothing more to wait for.
    enum End: Sendable {
        case clientLeft
        case timeIsUp
        case server(StreamEnd)
    }

    /// The first end that was noticed, and the wake-up that goes with it.
    private final class Ending: Sendable {
        private let end = Mutex<End?>(nil)
        let signal = WakeSignal()

        func notice(_ end: End) {
            self.end.withLock { $0 = $0 ?? end }
            signal.signal()
        }

        var noticed: End? { end.withLock(\.self) }
    }

    let participant: Participant
    private let services: Services
    private let isFinished = Atomic(false)
    private let ending: Ending
    private let box: ConnectionBox?
    private let seat: FeedSeat

    /// - Throws: ``Problem`` `too_many_connections`.
    init(_ participant: Participant, isPoll: Bool, services: Services) throws {
        let ending = Ending()
        self.participant = participant
        self.services = services
        self.ending = ending
        seat = try FeedSeat(
            participant, isPoll: isPoll, services, wake: { ending.signal.signal() }, end: { ending.notice(.server($0)) }
        )
        box = ConnectionBox.current
        box?.onClose { ending.notice(.clientLeft) }
    }

    deinit { finish() }

    /// Lets go of everything; the first time only. A stream whose head could not be written never gets to its body, so
    /// the end of the reader itself does it too.
    func finish() {
        guard !isFinished.exchange(true, ordering: .relaxed) else { return }
        box?.onClose(nil)
        seat.leave(services)
    }

    /// Why waiting is over, once it is.
    var end: End? { ending.noticed }

    /// Stops waiting. To be called by a timer.
    func timeIsUp() { ending.notice(.timeIsUp) }

    /// Wakes the reader without an end.
    func nudge() { ending.signal.signal() }

    func wait() async { await ending.signal.wait() }

    /// What there is after a cursor: stored events, then the presence of those the device watches.
    func read(after cursor: Cursor, limit: Int) async throws -> EventBatch {
        let page = try await services.feed.read(after: cursor, for: participant, limit: limit)
        return EventBatch(page, presences: services.presence.takePending(for: participant.deviceId))
    }
}

/// Events on their way to a reader.
struct EventBatch: Sendable {
    var page: EventFeed.Page
    var presences: [Presence]

    init(_ page: EventFeed.Page, presences: [Presence]) {
        self.page = page
        self.presences = presences
    }

    var isEmpty: Bool { page.events.isEmpty && presences.isEmpty }

    /// Each event with its cursor.
    func forEach(at now: Timestamp, _ body: (_ event: EventBody, _ cursor: Cursor) -> Void) {
        for event in page.events { body(event.body, Cursor(epoch: page.cursor.epoch, position: event.position)) }
        for presence in presences {
            let event = EventBody(type: .presence, time: now, id: OpaqueText.random(bytes: 12)) { json in
                presence.writeMembers(to: &json)
            }
            body(event, page.cursor)
        }
    }
}
