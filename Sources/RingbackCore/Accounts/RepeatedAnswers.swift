import RingbackModel
import Synchronization

/// The answers to recent writes outside of calls that had a key, in memory. A repeated write gets the same answer while
/// it is remembered, and is otherwise carried out again, with the same effect.
final class RepeatedAnswers: Sendable {
    static let lifetime: Duration = .seconds(600)
    /// The maximum number of answers of one device. An answer has at most about 20 KB.
    private static let perDevice = 16
    private static let capacity = 10_000

    fileprivate struct Place: Hashable {
        let device: DeviceID
        let route: String
        let key: String
    }

    fileprivate struct Entry {
        let fingerprint: [UInt8]
        let time: MonotonicTime
        /// `nil` while the work is in progress.
        var answer: Answer?
    }

    fileprivate struct State {
        var entries: [Place: Entry] = [:]
        /// In the order of insertion.
        var places: [Place] = []
        var counts: [DeviceID: Int] = [:]
    }

    private let state = Mutex(State())

    init() {}

    /// Returns the remembered answer for `key`, or performs `work` and remembers its answer. A repetition that arrives
    /// while the work is in progress performs it again.
    ///
    /// - Throws: ``Problem`` `idempotency_mismatch`; errors of `work`, which are not remembered.
    func answer(
        _ key: IdempotencyKey, at now: MonotonicTime, _ work: () async throws -> Answer
    ) async throws -> Answer {
        let place = Place(device: key.device, route: key.route, key: key.key)
        let known = try state.withLock { state throws(Problem) in
            state.removeOld(before: now - Self.lifetime)
            guard let entry = state.entries[place] else {
                state.add(place, Entry(fingerprint: key.fingerprint, time: now), Self.perDevice, Self.capacity)
                return nil as Answer?
            }
            guard entry.fingerprint == key.fingerprint else { throw Problem.keyMismatch }
            return entry.answer
        }
        if let known { return known }
        do {
            let answer = try await work()
            state.withLock { $0.entries[place]?.answer = answer }
            return answer
        } catch {
            state.withLock { state in
                if state.entries[place]?.answer == nil { state.remove(place) }
            }
            throw error
        }
    }

    /// Removes answers older than ``lifetime``. Call periodically.
    func sweep(at now: MonotonicTime) { state.withLock { $0.removeOld(before: now - Self.lifetime) } }
}

extension RepeatedAnswers.State {
    fileprivate mutating func add(
        _ place: RepeatedAnswers.Place, _ entry: RepeatedAnswers.Entry, _ perDevice: Int, _ capacity: Int
    ) {
        if counts[place.device, default: 0] >= perDevice,
            let oldest = places.first(where: { $0.device == place.device })
        {
            remove(oldest)
        }
        if places.count >= capacity { remove(places[0]) }
        entries[place] = entry
        places.append(place)
        counts[place.device, default: 0] += 1
    }

    fileprivate mutating func remove(_ place: RepeatedAnswers.Place) {
        guard entries.removeValue(forKey: place) != nil else { return }
        places.removeAll { $0 == place }
        let count = counts[place.device, default: 1] - 1
        counts[place.device] = count > 0 ? count : nil
    }

    fileprivate mutating func removeOld(before moment: MonotonicTime) {
        while let place = places.first, entries[place].map({ $0.time <= moment }) ?? true { remove(place) }
    }
}

extension Problem {
    static var keyMismatch: Problem {
        Problem(.idempotencyMismatch, "The key was used for another request of this device.")
    }
}
