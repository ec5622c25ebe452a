import RingbackModel

/// Which transports a sequence of events may use.
public enum TransportChoice: Sendable, Hashable {
    /// A WebSocket; a stream where that does not get through; long polls where that doesn't either.
    case automatic
    /// This one and no other.
    case only(Transport)
}

/// Which transport to try next, after what became of those before. A value: it does nothing by itself.
struct TransportPlan {
    /// What became of a connection.
    enum Outcome: Equatable {
        /// It was never connected, and the transport may be the reason.
        case refused
        /// It was never connected, and another transport would not be either.
        case unreachable
        /// It was connected, and for how long.
        case lost(after: Duration)
    }

    /// Losses in a row, each sooner than this, show that something on the way cuts the transport.
    private static let shortLife: Duration = .seconds(20)
    private static let shortLives = 3
    private static let refusals = 2
    /// After a while the best is tried again: people leave the network whose proxy was at fault.
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

    /// - Parameter isCertain: The other side does not support the transport: one refusal is enough.
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

    /// Goes back to the best transport when it is time to.
    ///
    /// - Returns: Whether the transport has changed.
    mutating func improve(now: ContinuousClock.Instant) -> Bool {
        guard choice == .automatic, let downgradedAt, now - downgradedAt >= Self.retryBestAfter else { return false }
        self.downgradedAt = nil
        current = .webSocket
        return true
    }
}
