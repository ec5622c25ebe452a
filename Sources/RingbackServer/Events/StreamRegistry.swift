import RingbackCore
import RingbackModel
import Synchronization

/// Why the server ends a stream, a socket or a poll.
enum StreamEnd: Sendable {
    /// The server is shutting down.
    case restart
    /// The device signed in again, or was signed out.
    case superseded
}

/// The open sockets and streams and the waiting polls of all devices.
final class StreamRegistry: Sendable {
    struct Registration: Sendable, Hashable {
        let signIn: SignIn
        let number: UInt64
    }

    private struct Stream {
        let signIn: SignIn
        let end: @Sendable (StreamEnd, UInt64) -> Void
    }

    private struct State {
        var streams: [Participant: [UInt64: Stream]] = [:]
        var nextNumber: UInt64 = 0
        var isClosed = false
    }

    private let maximumPerDevice: Int
    private let state = Mutex(State())

    init(maximumPerDevice: Int) { self.maximumPerDevice = maximumPerDevice }

    /// - Parameter end: Called with the number of the registration, at most once and on any thread; immediately if the
    ///   server is shutting down.
    /// - Throws: ``Problem`` `too_many_connections`.
    func register(_ signIn: SignIn, end: @escaping @Sendable (StreamEnd, UInt64) -> Void) throws
        -> Registration
    {
        let participant = signIn.participant
        let (number, isClosed) = state.withLock { state -> (UInt64?, Bool) in
            guard state.streams[participant, default: [:]].count < maximumPerDevice else { return (nil, false) }
            state.nextNumber += 1
            state.streams[participant, default: [:]][state.nextNumber] = Stream(signIn: signIn, end: end)
            return (state.nextNumber, state.isClosed)
        }
        guard let number else {
            throw Problem(
                .tooManyConnections, "A device may have at most \(maximumPerDevice) connections.", retryAfterSeconds: 5)
        }
        if isClosed { end(.restart, number) }
        return Registration(signIn: signIn, number: number)
    }

    func unregister(_ registration: Registration) {
        state.withLock { state in
            let participant = registration.signIn.participant
            state.streams[participant]?[registration.number] = nil
            if state.streams[participant]?.isEmpty == true { state.streams[participant] = nil }
        }
    }

    /// Ends the streams of a sign-in that has ended.
    ///
    /// - Returns: Whether there are streams of another sign-in of the device.
    func end(_ signIn: SignIn) -> Bool {
        let participant = signIn.participant
        let (ended, hasOthers) = state.withLock { state in
            let all = state.streams[participant] ?? [:]
            let staying = all.filter { $0.value.signIn != signIn }
            state.streams[participant] = staying.isEmpty ? nil : staying
            return (all.filter { $0.value.signIn == signIn }, !staying.isEmpty)
        }
        for (number, stream) in ended { stream.end(.superseded, number) }
        return hasOthers
    }

    /// Ends all streams, including later ones.
    func close() {
        let all = state.withLock { state in
            state.isClosed = true
            return state.streams.values.flatMap { Array($0) }
        }
        for (number, stream) in all { stream.end(.restart, number) }
    }

    /// The sign-ins that have something open.
    var signIns: Set<SignIn> {
        state.withLock { state in Set(state.streams.values.flatMap { $0.values.map(\.signIn) }) }
    }

    var isClosed: Bool { state.withLock(\.isClosed) }

    var count: Int { state.withLock { $0.streams.values.reduce(0) { $0 + $1.count } } }
}
