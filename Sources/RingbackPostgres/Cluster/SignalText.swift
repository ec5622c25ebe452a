import RingbackCore
import RingbackModel

/// The text of notifications: a line for the sender, and one for each item. A node ignores lines that its version does
/// not know.
struct SignalText {
    /// A notification is less than 8,000 bytes.
    private static let maximumBytes = 7500
    /// The maximum size of the events that wait to be sent. Others are read from the log.
    private static let maximumEventBytes = 1 << 20

    var grew: [UserID: Int64] = [:]
    /// Events up to these positions, in the order of each log, as far as they fit.
    private(set) var events: [StoredEvent] = []
    private var eventBytes = 0
    var presence: Set<UserID> = []
    var revoked: [SignIn] = []
    var watching: [Participant] = []
    /// When the first of it was committed.
    var committedAt: Timestamp?
    /// Not in the text: the sender was not known.
    var hasCome = false

    init() {}

    var isEmpty: Bool { !hasCome && grew.isEmpty && presence.isEmpty && revoked.isEmpty && watching.isEmpty }

    /// Adds a committed event. Those of a log must be added in their order.
    mutating func add(_ event: StoredEvent) {
        grew[event.user] = event.position
        guard eventBytes + event.body.members.count <= Self.maximumEventBytes else { return }
        events.append(event)
        eventBytes += event.body.members.count
    }

    // MARK: Writing

    func payloads(from node: String) -> [String] {
        var writer = PayloadWriter(node: node, maximumBytes: Self.maximumBytes)
        if let committedAt { writer.line("t", "\(committedAt.milliseconds)") }
        for event in events where Self.isLine(event.body.members) {
            writer.line(
                "e", event.user.rawValue, "\(event.position)", "\(event.body.time.milliseconds)",
                event.body.type.rawValue, event.only?.rawValue ?? "-", event.except?.rawValue ?? "-",
                last: event.body.members)
        }
        // The positions come after the events, so that a node that has received these does not read the log.
        for (user, position) in grew { writer.line("g", user.rawValue, "\(position)") }
        for user in presence { writer.line("p", user.rawValue) }
        for signIn in revoked {
            let device = signIn.participant
            writer.line("r", device.userId.rawValue, device.deviceId.rawValue, "\(signIn.generation)")
        }
        for device in watching { writer.line("w", device.userId.rawValue, device.deviceId.rawValue) }
        return writer.finish()
    }

    /// Whether an event fits, and is one line of text.
    private static func isLine(_ members: [UInt8]) -> Bool {
        members.count < maximumBytes && members.allSatisfy { $0 >= 0x20 }
            && String(validating: members, as: UTF8.self) != nil
    }

    // MARK: Reading

    /// The node that has sent a notification.
    static func sender(of payload: String) -> String {
        String(payload.utf8.prefix { $0 != UInt8(ascii: "\n") }) ?? ""
    }

    /// Adds the content of a notification.
    ///
    /// - Parameter isRead: Whether somebody here reads the log of a user. Of the others, events are passed over.
    mutating func read(_ payload: String, isRead: (UserID) -> Bool = { _ in true }) {
        var payload = payload
        payload.withUTF8 { bytes in
            var lines = TextParts(bytes)
            _ = lines.next(before: "\n")
            while let line = lines.next(before: "\n") {
                var words = TextParts(line)
                switch words.word() {
                case "e": read(event: words, isRead)
                case let kind?: read(kind, words)
                case nil: break
                }
            }
        }
    }

    private mutating func read(event words: TextParts, _ isRead: (UserID) -> Bool) {
        var words = words
        guard let user = words.user(), isRead(user), let position = words.integer(), let time = words.integer(),
            let type = words.word().flatMap({ EventType(rawValue: $0) }), let only = words.word(),
            let except = words.word(), !words.rest.isEmpty
        else { return }
        // The line with the position may be in a later notification.
        grew[user] = max(grew[user] ?? 0, position)
        events.append(
            StoredEvent(
                user: user, position: position, only: DeviceID(only), except: DeviceID(except),
                body: EventBody(members: Array(words.rest), type: type, time: Timestamp(milliseconds: time))))
    }

    private mutating func read(_ kind: String, _ words: TextParts) {
        var words = words
        if kind == "t", let time = words.integer().map({ Timestamp(milliseconds: $0) }) {
            committedAt = min(committedAt ?? time, time)
        }
        guard let user = words.user() else { return }
        switch kind {
        case "g":
            guard let position = words.integer(), words.rest.isEmpty else { return }
            grew[user] = max(grew[user] ?? 0, position)
        case "p": if words.rest.isEmpty { presence.insert(user) }
        case "r":
            guard let device = words.device(), let generation = words.word().flatMap({ UInt64($0) }), words.rest.isEmpty
            else { return }
            revoked.append(SignIn(Participant(userId: user, deviceId: device), generation: generation))
        case "w":
            guard let device = words.device(), words.rest.isEmpty else { return }
            watching.append(Participant(userId: user, deviceId: device))
        default: return
        }
    }
}

/// Puts lines into as few notifications as possible.
private struct PayloadWriter {
    private let node: [UInt8]
    private let maximumBytes: Int
    private var payloads: [String] = []
    private var payload: [UInt8]
    private var line: [UInt8] = []

    init(node: String, maximumBytes: Int) {
        (self.node, self.maximumBytes) = (Array(node.utf8), maximumBytes)
        payload = self.node
    }

    /// Adds a line of words. One that does not fit into a notification is left out.
    ///
    /// - Parameter last: Follows the words, may contain spaces.
    mutating func line(_ words: String..., last: [UInt8] = []) {
        line.removeAll(keepingCapacity: true)
        for word in words {
            line.append(UInt8(ascii: line.isEmpty ? "\n" : " "))
            line += word.utf8
        }
        if !last.isEmpty {
            line.append(UInt8(ascii: " "))
            line += last
        }
        guard node.count + line.count <= maximumBytes else { return }
        if payload.count + line.count > maximumBytes { endPayload() }
        payload += line
    }

    private mutating func endPayload() {
        payloads.append(String(decoding: payload, as: UTF8.self))
        payload.removeAll(keepingCapacity: true)
        payload += node
    }

    mutating func finish() -> [String] {
        endPayload()
        return payloads
    }
}
