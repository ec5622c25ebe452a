import NIOCore
import NIOHTTP1
import RingbackCore
import RingbackModel
import Synchronization

/// A connection among the others.
final class OpenConnection: Sendable {
    fileprivate let channel: any Channel
    /// Whose limit it counts for; `nil` for none.
    fileprivate let subscriber: IPAddress?
    /// In nanoseconds since the process began; 0 while a request is under way, and for a socket.
    private let idleSince: Atomic<UInt64>

    fileprivate init(_ channel: any Channel, _ subscriber: IPAddress?) {
        self.channel = channel
        self.subscriber = subscriber
        idleSince = Atomic(NIODeadline.now().uptimeNanoseconds)
    }

    fileprivate var key: ObjectIdentifier { ObjectIdentifier(self) }

    fileprivate var idle: UInt64? {
        let since = idleSince.load(ordering: .relaxed)
        return since == 0 ? nil : since
    }

    /// Nothing is under way on it: it may be closed for another.
    func becameIdle(at now: NIODeadline) { idleSince.store(max(1, now.uptimeNanoseconds), ordering: .relaxed) }

    func becameBusy() { idleSince.store(0, ordering: .relaxed) }
}

/// The connections that are open: how many there may be, in all and of one subscriber, and which gives way to a new
/// one.
final class OpenConnections: Sendable {
    private struct State {
        var all: [ObjectIdentifier: OpenConnection] = [:]
        var bySubscriber: [IPAddress: [ObjectIdentifier: OpenConnection]] = [:]
        /// Closed to make room, and not gone yet.
        var yielding: [ObjectIdentifier: OpenConnection] = [:]
        /// Some of the connections that were idle when all were looked at, the oldest last.
        var candidates: [(connection: OpenConnection, since: UInt64)] = []
        /// There was none: not to be looked for before this moment.
        var nextLook = NIODeadline.uptimeNanoseconds(0)
        var isQuiescing = false

        mutating func remove(_ connection: OpenConnection) {
            all[connection.key] = nil
            guard let subscriber = connection.subscriber else { return }
            bySubscriber[subscriber]?[connection.key] = nil
            if bySubscriber[subscriber]?.isEmpty == true { bySubscriber[subscriber] = nil }
        }
    }

    /// How many candidates are kept.
    private static let candidates = 256
    /// How long all connections count as busy, once all were found to be.
    private static let lookInterval: TimeAmount = .milliseconds(50)

    private let maximum: Int
    private let maximumPerSubscriber: Int
    private let proxies: [AddressRange]
    /// How often a subscriber may connect.
    private let rate: RateLimiter<IPAddress>
    private let state = Mutex(State())
    private let closed = WakeSignal()

    /// A subscriber may connect twice `maximumPerSubscriber` times at once, and a tenth of it each second.
    ///
    /// - Parameter proxies: Their connections are those of many, and have no limit of their own.
    init(maximum: Int, maximumPerSubscriber: Int, proxies: [AddressRange]) {
        self.maximum = maximum
        self.maximumPerSubscriber = maximumPerSubscriber
        self.proxies = proxies
        rate = RateLimiter(
            "address-new-connections", perSecond: Double(maximumPerSubscriber) / 10,
            burst: Double(maximumPerSubscriber) * 2)
    }

    /// Takes a new connection, for which the one that was idle longest gives way if there has to be room: one of the
    /// same subscriber, or when there are too many in all, of those subscribers that have more than a quarter of them,
    /// or else of anybody.
    ///
    /// - Throws: ``Problem`` `too_many_connections` when there is no room, or the subscriber connects too often.
    func admit(
        _ channel: any Channel, from peer: IPAddress?, at now: MonotonicTime
    ) throws(Problem) -> OpenConnection {
        let subscriber = peer.flatMap { peer in proxies.contains { $0.contains(peer) } ? nil : peer.subscriber }
        if let subscriber {
            do {
                try rate.spend(subscriber, at: now)
            } catch {
                throw Problem(
                    .tooManyConnections, "The address opens connections too fast.", status: 503,
                    retryAfterSeconds: error.retryAfterSeconds)
            }
        }
        let new = OpenConnection(channel, subscriber)
        let (isAdmitted, yielding, isQuiescing) = state.withLock { state -> (Bool, OpenConnection?, Bool) in
            var yielding: OpenConnection?
            if let subscriber, let own = state.bySubscriber[subscriber], own.count >= maximumPerSubscriber {
                yielding = Self.oldestIdle(of: own)
                guard yielding != nil else { return (false, nil, false) }
            } else if state.all.count >= maximum {
                yielding = takeOldestIdle(&state, at: .now())
                guard yielding != nil else { return (false, nil, false) }
            }
            if let yielding {
                state.remove(yielding)
                state.yielding[yielding.key] = yielding
            }
            state.all[new.key] = new
            if let subscriber { state.bySubscriber[subscriber, default: [:]][new.key] = new }
            return (true, yielding, state.isQuiescing)
        }
        yielding?.channel.close(promise: nil)
        guard isAdmitted else {
            throw Problem(
                .tooManyConnections, "The server has no room for one more connection.", status: 503,
                retryAfterSeconds: 1)
        }
        channel.closeFuture.whenComplete { _ in self.closed(new) }
        if isQuiescing { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        return new
    }

    /// Closes the connection that ``admit(_:from:)`` would close.
    func giveWay() {
        let oldest = state.withLock { state in
            let oldest = takeOldestIdle(&state, at: .now())
            if let oldest {
                state.remove(oldest)
                state.yielding[oldest.key] = oldest
            }
            return oldest
        }
        oldest?.channel.close(promise: nil)
    }

    private static func oldestIdle(of connections: [ObjectIdentifier: OpenConnection]) -> OpenConnection? {
        idle(connections).min { $0.1 < $1.1 }?.0
    }

    private static func idle(_ connections: [ObjectIdentifier: OpenConnection]) -> [(OpenConnection, UInt64)] {
        connections.values.compactMap { connection in connection.idle.map { (connection, $0) } }
    }

    /// To look at all of them for each new one would take longer than anything else that is done for it.
    private func takeOldestIdle(_ state: inout State, at now: NIODeadline) -> OpenConnection? {
        for _ in 0..<2 {
            while let (connection, since) = state.candidates.popLast() {
                if state.all[connection.key] != nil, connection.idle == since { return connection }
            }
            guard now >= state.nextLook else { return nil }
            let largest = state.bySubscriber.values.filter { $0.count > maximum / 4 }
            var idle = largest.flatMap(Self.idle)
            if idle.isEmpty { idle = Self.idle(state.all) }
            state.candidates = idle.sorted { $0.1 < $1.1 }.prefix(Self.candidates).reversed()
            if idle.isEmpty { state.nextLook = now + Self.lookInterval }
        }
        return nil
    }

    private func closed(_ connection: OpenConnection) {
        let isLast = state.withLock { state in
            state.remove(connection)
            state.yielding[connection.key] = nil
            return state.isQuiescing && state.all.isEmpty && state.yielding.isEmpty
        }
        if isLast { closed.signal() }
    }

    // MARK: The end

    func quiesce() {
        let channels = state.withLock { state in
            state.isQuiescing = true
            return state.all.values.map(\.channel)
        }
        if channels.isEmpty { closed.signal() }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    func close() {
        for channel in state.withLock({ $0.all.values.map(\.channel) }) { channel.close(promise: nil) }
    }

    func waitUntilClosed() async {
        while !state.withLock({ $0.isQuiescing && $0.all.isEmpty && $0.yielding.isEmpty }), !Task.isCancelled {
            await closed.wait()
        }
    }
}
