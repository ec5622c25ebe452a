import RingbackCore
import RingbackModel

/// Events for a reader: those of the log, followed by the presence of watched users, which is not stored.
struct EventBatch: Sendable {
    let page: EventFeed.Page
    let presences: [Presence]

    var isEmpty: Bool { page.events.isEmpty && presences.isEmpty }

    /// Calls `body` with each event and its cursor.
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
