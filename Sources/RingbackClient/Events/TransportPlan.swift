import RingbackModel

/// The transports that a sequence of events may use.
public enum TransportChoice: Sendable, Hashable {
    /// A WebSocket; if that does not work, a stream; if that does not work either, long polls.
    case automatic
    /// Only this transport.
    case only(Transport)
}

/// Chooses the next transport from the outcomes of earlier connections. A value without side effects.
struct TransportPlan {
    /// The outcome of a connection.
    enum Outcome: Equatable {
        /// Not established, possibly because of the transport.
        case refused
        /// Not established, for a reason that affects every transport.
        case unreachable
        /// Established, and lost after this time.
        case lost(after: Duration)
    }

    /// Several connections in a row that were lost sooner than this are attributed to the transport.
    private static let shortLife: Duration = .seconds(20)
    private static let shortLives = 3
    private static let refusals = 2
    /// How long a fallback is used before the best transport is tried again: the client may have left the network that
    /// caused it.
    private static let retryBestAfter: Duration = .seconds(300)

    let choice: TransportChoice
    private(set) var current: Transport
    private var refusalsInARow = 0
    private var shortLivesInARow = 0
    private var downgradedAt: ContinuousClock.Instant?

    init(_ choice: TransportChoice) {
        self.choice = choice
        current = if case .only(let transport) = choice { transport } else { .webSocket }
    }

    /// Whether there is no other transport to fall back to.
    var isAtLast: Bool { choice != .automatic || current == .longPoll }

    /// - Parameter isCertain: The server does not support the transport, so one refusal is enough.
    mutating func note(_ outcome: Outcome, isCertain: Bool = false, now: ContinuousClock.Instant) {
        switch outcome {
        case .unreachable: return
        case .refused:
            refusalsInARow += 1
            shortLivesInARow = 0
        case .lost(let life):
            refusalsInARow = 0
            shortLivesInARow = life < Self.shortLife ? shortLivesInARow + 1 : 0
        }
        guard isCertain || refusalsInARow >= Self.refusals || shortLivesInARow >= Self.shortLives else { return }
        downgrade(now)
    }

    private mutating func downgrade(_ now: ContinuousClock.Instant) {
        guard !isAtLast else { return }
        current = current == .webSocket ? .sse : .longPoll
        (refusalsInARow, shortLivesInARow) = (0, 0)
        downgradedAt = now
    }

    /// Returns to the best transport if it is time to.
    ///
    /// - Returns: Whether the transport has changed.
    mutating func improve(now: ContinuousClock.Instant) -> Bool {
        guard choice == .automatic, let downgradedAt, now - downgradedAt >= Self.retryBestAfter else { return false }
        self.downgradedAt = nil
        current = .webSocket
        return true
    }
}
