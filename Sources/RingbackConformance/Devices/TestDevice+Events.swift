import NIOCore
package import RingbackModel
import Synchronization

extension TestDevice {
    /// How long a case waits for an expected event.
    package static let patience: Duration = .seconds(20)

    /// Every event that the device has received, once, in order.
    package var heard: [ReceivedEvent] { state.withLock { $0.heard } }

    /// The ids of events that were delivered again although the device continued from its cursor.
    package var repeated: [String] { state.withLock { $0.repeated } }

    /// Waits for the next event of a type that has not been taken yet. Events of other types remain available.
    ///
    /// - Parameters:
    ///   - callId: The call of the event; by default any.
    ///   - fits: Further conditions.
    /// - Throws: ``ConformanceFailure`` with a list of the events that arrived.
    @discardableResult
    package func next(
        _ type: EventType, of callId: String? = nil, within time: Duration = patience, at place: Place = #line,
        where fits: (ReceivedEvent) -> Bool = { _ in true }
    ) async throws -> ReceivedEvent {
        let deadline = NIODeadline.now() + TimeAmount(time)
        while true {
            let event = takeUnread { $0.type == type.rawValue && (callId == nil || $0.callId == callId) && fits($0) }
            if let event { return event }
            do {
                try await takeIn(before: deadline)
            } catch WireError.timeout {
                let arrived = heard.isEmpty ? "nothing" : heard.map(\.description).joined(separator: ", ")
                throw ConformanceFailure(
                    "\(self) waited \(time) for \(type.rawValue); what it has heard: \(arrived)", at: place)
            }
        }
    }

    /// Checks that no event of `types` was received. Call it after an event that must arrive later.
    package func expectUnheard(
        _ types: EventType..., of callId: String? = nil, because reason: String, at place: Place = #line
    ) throws {
        for event in heard
        where types.contains(where: { $0.rawValue == event.type }) && (callId == nil || event.callId == callId) {
            throw ConformanceFailure("\(self) has heard \(event): \(reason)", at: place)
        }
    }

    /// The number of received events of a type.
    package func count(_ type: EventType, of callId: String? = nil) -> Int {
        heard.count { $0.type == type.rawValue && (callId == nil || $0.callId == callId) }
    }

    /// Keeps the device in contact with the server, and receives the available events.
    package func stayInTouch() async throws {
        _ = try await perform(.getMe)
        let deadline = NIODeadline.now() + .milliseconds(50)
        do {
            while try await takeIn(before: deadline) > 0 {}
        } catch WireError.timeout {}
    }

    /// - Returns: The number of events received.
    @discardableResult
    private func takeIn(before deadline: NIODeadline) async throws -> Int {
        guard let source = state.withLock({ $0.source }) else {
            throw WireError.unexpected("\(self) does not listen")
        }
        let batch = try await source.receive(before: deadline)
        state.withLock { $0.take(batch) }
        return batch.events.count
    }

    private func takeUnread(_ fits: (ReceivedEvent) -> Bool) -> ReceivedEvent? {
        state.withLock { state in
            guard let place = state.unread.firstIndex(where: { fits(state.heard[$0]) }) else { return nil }
            return state.heard[state.unread.remove(at: place)]
        }
    }
}

extension TestDevice.State {
    fileprivate mutating func take(_ batch: EventBatch) {
        for event in batch.events {
            guard seen.insert(event.id).inserted else {
                repeated.append(event.id)
                continue
            }
            unread.append(heard.count)
            heard.append(event)
        }
        cursor = batch.cursor ?? cursor
    }
}
