import RingbackModel
import Synchronization

/// The answers to the newest writes with keys that are harmless to repeat, in memory: a repeated one that finds its answer
/// here is not done again, and any other does once more what was done.
final class RepeatedAnswers: Sendable {
    static let lifetime: Duration = .seconds(600)
    private static let capacity = 10_000

    fileprivate struct Place: Hashable {
        let device: DeviceID
        let route: String
        let key: String
    }

    fileprivate struct Entry {
        let fingerprint: [UInt8]
        let answer: Answer
        let time: Timestamp
    }

    fileprivate struct State {
        var entries: [Place: Entry] = [:]
        /// In the order they came.
        var places: [Place] = []
    }

    private let state = Mutex(State())

    init() {}

    /// Gives the answer that was given for the key before, or does the work and keeps its answer.
    ///
    /// - Throws: ``Problem`` `idempotency_mismatch`; what `work` throws, of which nothing is kept.
    func answer(
        _ key: IdempotencyKey, at now: Timestamp, _ work: () async throws -> Answer
    ) async throws -> Answer {
        let place = Place(device: key.device, route: key.route, key: key.key)
        let entry = state.withLock { $0.entries[place] }
        if let entry, entry.time + Self.lifetime > now {
            guard entry.fingerprint == key.fingerprint else { throw Problem.keyMismatch }
            return entry.answer
        }
        let answer = try await work()
        let new = Entry(fingerprint: key.fingerprint, answer: answer, time: now)
        state.withLock { state in
            if state.entries.updateValue(new, forKey: place) == nil { state.places.append(place) }
            state.removeOld(before: now - Self.lifetime, beyond: Self.capacity)
        }
        return answer
    }
}

extension RepeatedAnswers.State {
    fileprivate mutating func removeOld(before moment: Timestamp, beyond capacity: Int) {
        let surplus = max(0, places.count - capacity)
        let old = places.enumerated().prefix { index, place in
            index < surplus || entries[place].map { $0.time <= moment } ?? true
        }.count
        for place in places.prefix(old) { entries[place] = nil }
        places.removeFirst(old)
    }
}

extension Problem {
    static var keyMismatch: Problem {
        Problem(.idempotencyMismatch, "The key was used for another request of this device.")
    }
}
