import ArgumentParser
import RingbackClient
import RingbackModel

/// `ringback users`
struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List users and their presence.")

    @Argument(help: "Only users whose identifier has this prefix.")
    var prefix: String?

    @Option(help: "The maximum number of users.")
    var limit = 50

    @Flag(help: "Print JSON objects, one per line.")
    var json = false

    @OptionGroup var options: ClientOptions

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("limit must be from 1 to 100000.") }
    }

    func run() async throws {
        try await reporting {
            let client = try options.client()
            var (left, next) = (limit, String?.none)
            var isEmpty = true
            repeat {
                let page = try await client.listUsers(prefix: prefix, after: next, limit: min(left, 100))
                for user in page.items { try await show(user, client) }
                isEmpty = isEmpty && page.items.isEmpty
                left -= page.items.count
                next = page.next
            } while left > 0 && next != nil
            if isEmpty { Terminal.note("No users" + (prefix.map { " whose name begins with \($0)." } ?? ".")) }
        }
    }

    private func show(_ user: User, _ client: RingbackClient) async throws {
        let presence: Presence
        do {
            presence = try await client.getPresence(user.userId)
        } catch let error as RingbackError where error.status == 404 {
            // Erased after the page was read.
            return
        }
        if json {
            Terminal.say(Self.json(user, presence))
            return
        }
        let colour: Terminal.Colour =
            switch presence.status {
            case .online: .green
            case .busy: .yellow
            case .offline: .faint
            }
        Terminal.say(
            "\(Terminal.paint(presence.status.rawValue, colour))\t\(user.userId)\t\(Terminal.clean(user.displayName))")
    }

    /// One object with the members of both.
    private static func json(_ user: User, _ presence: Presence) -> String {
        var json = JSONWriter()
        json.object { json in
            presence.writeMembers(to: &json)
            json.field("displayName", user.displayName)
            json.field("createdAt", user.createdAt)
        }
        return String(decoding: json.finish(), as: UTF8.self)
    }
}
