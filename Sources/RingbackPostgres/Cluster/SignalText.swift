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
        // The positions come after the events, so that a node that has received these does not read the log.
        let lines =
            (committedAt.map { ["t \($0.milliseconds)"] } ?? []) + events.compactMap(Self.line)
            + grew.map { "g \($0.key) \($0.value)" } + presence.map { "p \($0)" }
            + revoked.map { "r \($0.participant.userId) \($0.participant.deviceId) \($0.generation)" }
            + watching.map { "w \($0.userId) \($0.deviceId)" }
        var payloads: [String] = []
        var payload = node
        for line in lines where node.utf8.count + line.utf8.count < Self.maximumBytes {
            if payload.utf8.count + line.utf8.count >= Self.maximumBytes {
                payloads.append(payload)
                payload = node
            }
            payload += "\n" + line
        }
        payloads.append(payload)
        return payloads
    }

    /// - Returns: `nil` for an event that does not fit, or is not one line of text.
    private static func line(_ event: StoredEvent) -> String? {
        let members = event.body.members
        guard members.count < maximumBytes, members.allSatisfy({ $0 >= 0x20 }),
            let text = String(validating: members, as: UTF8.self)
        else { return nil }
        return """
            e \(event.user) \(event.position) \(event.body.time.milliseconds) \(event.body.type.rawValue) \
            \(event.only?.rawValue ?? "-") \(event.except?.rawValue ?? "-") \(text)
            """
    }

    // MARK: Reading

    /// The node that has sent a notification.
    static func sender(of payload: String) -> String {
        String(payload.utf8.prefix { $0 != UInt8(ascii: "\n") }) ?? ""
    }

    /// Adds the content of a notification.
    mutating func read(_ payload: String) {
        for line in payload.utf8.split(separator: UInt8(ascii: "\n")).dropFirst() {
            if line.first == UInt8(ascii: "e") { read(event: line) } else { read(line: line) }
        }
    }

    private mutating func read(event line: Substring.UTF8View) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 7)
        guard words.count == 8, let user = UserID(String(Substring(words[1]))),
            let position = Int64(Substring(words[2])), let time = Int64(Substring(words[3])),
            let type = EventType(rawValue: String(Substring(words[4])))
        else { return }
        // The line with the position may be in a later notification.
        grew[user] = max(grew[user] ?? 0, position)
        events.append(
            StoredEvent(
                user: user, position: position, only: DeviceID(String(Substring(words[5]))),
                except: DeviceID(String(Substring(words[6]))),
                body: EventBody(members: Array(words[7]), type: type, time: Timestamp(milliseconds: time))))
    }

    private mutating func read(line: Substring.UTF8View) {
        let words = line.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
        if words.count == 2, words[0] == "t", let time = Int64(words[1]).map({ Timestamp(milliseconds: $0) }) {
            committedAt = min(committedAt ?? time, time)
        }
        guard words.count > 1, let user = UserID(words[1]) else { return }
        switch (words[0], words.count) {
        case ("g", 3): if let position = Int64(words[2]) { grew[user] = max(grew[user] ?? 0, position) }
        case ("p", 2): presence.insert(user)
        case ("r", 4):
            guard let device = DeviceID(words[2]), let generation = UInt64(words[3]) else { return }
            revoked.append(SignIn(Participant(userId: user, deviceId: device), generation: generation))
        case ("w", 3):
            guard let device = DeviceID(words[2]) else { return }
            watching.append(Participant(userId: user, deviceId: device))
        default: return
        }
    }
}
