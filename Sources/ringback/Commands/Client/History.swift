import ArgumentParser
import RingbackClient
import RingbackModel

/// `ringback history`
struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List your calls, newest first.")

    @Option(help: "Only calls with this user.")
    var with: String?

    @Option(help: "The maximum number of calls.")
    var limit = 20

    @Flag(help: "Print JSON objects, one per line.")
    var json = false

    @OptionGroup var options: ClientOptions

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("limit must be from 1 to 100000.") }
        if let with, UserID(with) == nil { throw ValidationError("'\(with)' is not a valid user identifier.") }
    }

    func run() async throws {
        try await reporting {
            let client = try options.client()
            var (left, next) = (limit, String?.none)
            var isEmpty = true
            repeat {
                let page = try await client.listCalls(
                    with: with.flatMap { UserID($0) }, before: next, limit: min(left, 100))
                for call in page.items {
                    Terminal.say(json ? String(decoding: call.json, as: UTF8.self) : Self.line(call))
                }
                isEmpty = isEmpty && page.items.isEmpty
                left -= page.items.count
                next = page.next
            } while left > 0 && next != nil
            if isEmpty {
                Terminal.note(
                    with.map { "No calls with \($0)." } ?? "No calls yet. To call somebody: ringback call USER")
            }
        }
    }

    private static func line(_ call: Call) -> String {
        let isIncoming = call.direction == .incoming
        let other = isIncoming ? call.caller.userId : call.callee.userId
        var words = [call.createdAt.description, isIncoming ? "from" : "to", other.description]
        if call.missed == true {
            words.append(Terminal.paint("missed", .red))
        } else {
            words.append(call.reason?.rawValue ?? call.state.rawValue)
        }
        if let seconds = call.talkSeconds {
            words.append("\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)")
        }
        if let message = call.message { words.append("“\(Terminal.clean(message))”") }
        return words.joined(separator: "\t")
    }
}
