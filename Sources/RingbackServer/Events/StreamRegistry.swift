import RingbackModel
import Synchronization

/// Why the server ends a stream.
enum StreamEnd: Sendable {
    /// The server is about to stop.
    case restart
    /// The device signed in again, or was signed out.
    case superseded
}

/// The open sockets and streams and the waiting polls of every device.
final class StreamRegistry: Sendable {
    struct Registration: Sendable, Hashable {
        let participant: Participant
        let number: UInt64
    }

    private struct State {
        var streams: [Participant: [UInt64: @Sendable (StreamEnd, UInt64) -> Void]] = [:]
        var nextNumber: UInt64 = 0
        var isClosed = false
    }

    private let maximumPerDevice: Int
    private let state = Mutex(State())

    init(maximumPerDevice: Int) { self.maximumPerDevice = maximumPerDevice }

    /// - Parameter end: Called with the registration's number at most once, on any thread; at once when the server is already about to stop.
    /// - Throws: ``Problem`` `too_many_connections`.
    func register(_ participant: Participant, end: @escaping @Sendable (StreamEnd, UInt64) -> Void) throws
        -> Registration
    {
        let (number, isClosed) = state.withLock { state -> (UInt64?, Bool) in
            guard state.streams[participant, default: [:]].count < maximumPerDevice else { return (nil, false) }
            state.nextNumber += 1
            state.streams[participant, default: [:]][state.nextNumber] = end
            return (state.nextNumber, state.isClosed)
        }
        guard let number else {
            throw Problem(
                .tooManyConnections, "A device may have \(maximumPerDevice) at a time.", retryAfterSeconds: 5)
        }
        if isClosed { end(.restart, number) }
        return Registration(participant: participant, number: number)
    }

    func unregister(_ registration: Registration) {
        state.withLock { state in
            state.streams[registration.participant]?[registration.number] = nil
            if state.streams[registration.participant]?.isEmpty == true {
                state.streams[registration.participant] = nil
            }
        }
    }

    /// Ends the streams of a device whose token is void.
    func end(_ participant: Participant) {
        let ends = state.withLock { $0.streams.removeValue(forKey: participant) ?? [:] }
        for (number, end) in ends { end(.superseded, number) }
    }

    /// Ends all streams, and those that are still to come.
    func close() {
        let ends = state.withLock { state in
            state.isClosed = true
            return state.streams.values.flatMap { Array($0) }
        }
        for (number, end) in ends { end(.restart, number) }
    }

    var isClosed: Bool { state.withLock(\.isClosed) }

    var count: Int { state.withLock { $0.streams.values.reduce(0) { $0 + $1.count } } }
}
