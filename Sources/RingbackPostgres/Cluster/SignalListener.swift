import Foundation
import Logging
import RingbackCore
import RingbackModel
import Synchronization

/// Tells the other nodes what was committed here, and hears what they have committed, on a connection and a thread of
/// its own.
///
/// Signals are sent after the commit, in a transaction of their own, since one that notifies holds a lock of the whole
/// database until it is on disk. PostgreSQL wakes every connection that listens, except the one that has sent: that is
/// why this is the same one.
final class SignalListener: Sendable {
    private let settings: PostgresConnection.Settings
    private let node: Node
    private let channel: String
    private let sender: SignalSender
    private let logger: Logger
    private let isStopped = Atomic(false)
    private let isListening = Atomic(false)

    init(
        settings: PostgresConnection.Settings, node: Node, channel: String, sender: SignalSender, logger: Logger
    ) {
        self.settings = settings
        self.node = node
        self.channel = channel
        self.sender = sender
        self.logger = logger
    }

    /// Whether signals come. Without, whatever is cached is looked up again every few seconds.
    var isLive: Bool { isListening.load(ordering: .acquiring) }

    /// What waits to be sent is still sent.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        sender.wakeUp.signal()
    }

    /// Within this time it is noticed that no signals come any more.
    private static let answerTime: Duration = .seconds(2)
    private static let missedInterval: Duration = .seconds(2)

    /// - Parameters:
    ///   - missed: Called when signals may have been missed; every two seconds while none come.
    ///   - isRead: Whether somebody reads the log of a user here.
    ///   - heard: Called with what other nodes have told.
    func start(
        missed: @escaping @Sendable () -> Void, isRead: @escaping @Sendable (UserID) -> Bool,
        heard: @escaping @Sendable (SignalText) -> Void
    ) {
        let thread = Thread { [self] in listen(missed, isRead, heard) }
        thread.name = "ringback-listener"
        thread.start()
    }

    private func listen(_ missed: () -> Void, _ isRead: (UserID) -> Bool, _ heard: (SignalText) -> Void) {
        var settings = settings
        settings.answerTime = Self.answerTime
        let connection = PostgresConnection(settings)
        var nextMissed = ContinuousClock.now
        while !isStopped.load(ordering: .acquiring) {
            do {
                if !connection.isOpen {
                    try connection.run(Statement("LISTEN \"\(channel)\""))
                    isListening.store(true, ordering: .releasing)
                    // Armed first: what came before is looked for.
                    missed()
                }
                // Without input for so long, the connection may have been lost without notice.
                let isSilent = !connection.waitForInput(.seconds(1), or: sender.wakeUp)
                if isSilent { try connection.run(Statement("SELECT 1")) }
                try send(connection)
                let payloads = try connection.takeNotifications()
                var text = SignalText()
                for payload in payloads {
                    let sender = SignalText.sender(of: payload)
                    guard sender != node.id else { continue }
                    if node.hear(sender) { text.hasCome = true }
                    text.read(payload, isRead: isRead)
                }
                if !text.isEmpty { heard(text) }
            } catch {
                // Whoever misses it looks at the logs by itself.
                _ = sender.take()
                if isListening.exchange(false, ordering: .acquiringAndReleasing) {
                    logger.warning("signals of other nodes can't be received", metadata: ["error": "\(error)"])
                    nextMissed = .now
                }
                if nextMissed <= .now {
                    missed()
                    nextMissed = .now + Self.missedInterval
                }
                Thread.sleep(forTimeInterval: 0.2)
            }
        }
        try? send(connection)
        connection.close()
    }

    /// Sends what waits.
    ///
    /// - Throws: ``PostgresError`` for a connection that was lost.
    private func send(_ connection: PostgresConnection) throws {
        guard let text = sender.take() else { return }
        do {
            try connection.run(
                Statement(
                    "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload", .text(channel),
                    .texts(text.payloads(from: node.id))))
        } catch let error as PostgresError where !error.isLost {
            // Whoever misses it looks at the logs by itself.
        }
    }
}
