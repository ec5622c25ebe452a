import Foundation
import Logging
import RingbackCore
import RingbackModel
import Synchronization

/// Hears what other nodes have committed, on a connection and a thread of its own.
final class SignalListener: Sendable {
    private let settings: PostgresConnection.Settings
    private let node: Node
    private let channel: String
    private let logger: Logger
    private let isStopped = Atomic(false)
    private let isListening = Atomic(false)

    init(settings: PostgresConnection.Settings, node: Node, channel: String, logger: Logger) {
        self.settings = settings
        self.node = node
        self.channel = channel
        self.logger = logger
    }

    /// Whether signals come. Without, whatever is cached is looked up again every few seconds.
    var isLive: Bool { isListening.load(ordering: .acquiring) }

    func stop() { isStopped.store(true, ordering: .releasing) }

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
                connection.waitForInput(.seconds(1))
                let payloads = try connection.takeNotifications()
                // Detects a connection that was lost without notice.
                if payloads.isEmpty { try connection.run(Statement("SELECT 1")) }
                var text = SignalText()
                for payload in payloads {
                    let sender = SignalText.sender(of: payload)
                    guard sender != node.id else { continue }
                    if node.hear(sender) { text.hasCome = true }
                    text.read(payload, isRead: isRead)
                }
                if !text.isEmpty { heard(text) }
            } catch {
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
        connection.close()
    }
}
