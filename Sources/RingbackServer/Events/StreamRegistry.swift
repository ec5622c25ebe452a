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

    /// How many there may be of a device, of a user, and of an IPv4 address or 64 bits of IPv6.
    struct Maximum: Sendable {
        var device: Int
        var user: Int
        var address: Int
    }

    private struct Stream {
        let signIn: SignIn
        /// The subscriber's; `nil` for clients that can't be told apart.
        let address: IPAddress?
        let end: @Sendable (StreamEnd, UInt64) -> Void
    }

    private struct State {
        var streams: [Participant: [UInt64: Stream]] = [:]
        var ofUser: [UserID: Int] = [:]
        var ofAddress: [IPAddress: Int] = [:]
        var nextNumber: UInt64 = 0
        var isClosed = false

        /// Who has as many as there may be.
        func surplus(of participant: Participant, from address: IPAddress?, _ maximum: Maximum) -> String? {
            if streams[participant]?.count ?? 0 >= maximum.device {
                "A device may have at most \(maximum.device) connections."
            } else if ofUser[participant.userId] ?? 0 >= maximum.user {
                "A user may have at most \(maximum.user) connections."
            } else if let address, ofAddress[address] ?? 0 >= maximum.address {
                "At most \(maximum.address) connections may come from one address."
            } else {
                nil
            }
        }

        mutating func add(_ stream: Stream) -> UInt64 {
            nextNumber += 1
            streams[stream.signIn.participant, default: [:]][nextNumber] = stream
            ofUser[stream.signIn.participant.userId, default: 0] += 1
            if let address = stream.address { ofAddress[address, default: 0] += 1 }
            return nextNumber
        }

        mutating func remove(_ number: UInt64, of participant: Participant) {
            guard let stream = streams[participant]?.removeValue(forKey: number) else { return }
            if streams[participant]?.isEmpty == true { streams[participant] = nil }
            Self.subtract(participant.userId, from: &ofUser)
            if let address = stream.address { Self.subtract(address, from: &ofAddress) }
        }

        private static func subtract<Key>(_ key: Key, from counts: inout [Key: Int]) {
            let count = counts[key] ?? 0
            counts[key] = count > 1 ? count - 1 : nil
        }
    }

    private let maximum: Maximum
    private let state = Mutex(State())

    init(_ maximum: Maximum) { self.maximum = maximum }

    /// - Parameters:
    ///   - source: Where it came from; `nil` for clients that can't be told apart.
    ///   - end: Called with the number of the registration, at most once and on any thread; immediately if the server
    ///     is shutting down.
    /// - Throws: ``Problem`` `too_many_connections`.
    func register(
        _ signIn: SignIn, from source: IPAddress?, end: @escaping @Sendable (StreamEnd, UInt64) -> Void
    ) throws -> Registration {
        let stream = Stream(signIn: signIn, address: source?.subscriber, end: end)
        let (surplus, number, isClosed) = state.withLock { state -> (String?, UInt64, Bool) in
            let surplus = state.surplus(of: signIn.participant, from: stream.address, maximum)
            return (surplus, surplus == nil ? state.add(stream) : 0, state.isClosed)
        }
        if let surplus { throw Problem(.tooManyConnections, surplus, retryAfterSeconds: 5) }
        if isClosed { end(.restart, number) }
        return Registration(signIn: signIn, number: number)
    }

    func unregister(_ registration: Registration) {
        state.withLock { $0.remove(registration.number, of: registration.signIn.participant) }
    }

    /// Ends the streams of a sign-in that has ended.
    ///
    /// - Returns: Whether there are streams of another sign-in of the device.
    func end(_ signIn: SignIn) -> Bool {
        let participant = signIn.participant
        let (ended, hasOthers) = state.withLock { state in
            let ended = (state.streams[participant] ?? [:]).filter { $0.value.signIn == signIn }
            for number in ended.keys { state.remove(number, of: participant) }
            return (ended, state.streams[participant] != nil)
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
