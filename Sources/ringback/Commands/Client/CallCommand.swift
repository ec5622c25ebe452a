import ArgumentParser
import RingbackClient
import RingbackModel

/// `ringback call`
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Call a user and print the events of the call.",
        discussion: """
            This command has no media: when the call is accepted, it hangs up with the reason `unsupported`. Ctrl-C cancels \
            the call. The exit code is 0 if the call was accepted, and 2 if not.
            """)

    @Argument(help: "The user to call.")
    var user: String

    @Option(help: "Seconds that the call may ring, 10 to 180.")
    var ringSeconds = 60

    @Flag(help: "Call without video.")
    var audioOnly = false

    @Flag(help: "Print events as JSON objects, one per line.")
    var json = false

    @OptionGroup var options: ClientOptions

    func validate() throws {
        guard UserID(user) != nil else { throw ValidationError("'\(user)' is not a valid user identifier.") }
        guard Limits.ringSeconds.contains(ringSeconds) else { throw ValidationError("ring-seconds must be 10 to 180.") }
    }

    func run() async throws {
        try await reporting {
            let client = try options.client()
            guard let callee = UserID(user) else { return }
            // The cursor is requested before the call, so that none of its events is missed.
            let cursor = try await client.pollEvents(waitSeconds: 0).cursor
            let call = try await client.invite(
                callee, media: .init(audio: true, video: !audioOnly), ringSeconds: ringSeconds)
            if call.call.state == .ended { throw Self.notAnswered(call.call) }
            if call.call.merged == true {
                // Glare: the callee was calling this user, and that call has been accepted instead.
                if !json { Terminal.say("\(callee) was calling at the same time; accepted that call.") }
                try await call.hangUp(reason: .unsupported)
                if !json { Terminal.say(Self.hungUp) }
                return
            }
            if !json { Terminal.say("Calling \(callee)…") }
            let isInterrupted = try await untilInterrupted {
                try await follow(call, client.events(after: cursor))
            }
            guard isInterrupted else { return }
            try await giveUp(call)
        }
    }

    private func giveUp(_ handle: CallHandle) async throws {
        do {
            try await handle.cancel()
        } catch let error as RingbackError where error.status == 409 {
            // A device may have just accepted, or the call may have ended.
            let call = try await handle.current()
            if call.state == .ended { throw Self.notAnswered(call) }
            try await handle.hangUp(reason: .unsupported)
            return
        }
        throw CommandError("Canceled.", code: .notAnswered)
    }

    private func follow(_ handle: CallHandle, _ events: EventSequence) async throws {
        for try await event in events where event.callId == handle.id {
            Terminal.say(json ? EventLine.json(event) : EventLine.words(event))
            switch event.kind {
            case .accepted:
                try await handle.hangUp(reason: .unsupported)
                if !json { Terminal.say(Self.hungUp) }
                return
            case .ended(let call): throw Self.notAnswered(call)
            default: break
            }
        }
    }

    static let hungUp = "Hung up: there is no microphone in a terminal."

    private static func notAnswered(_ call: Call) -> CommandError {
        CommandError(
            "Not answered: \(call.reason?.rawValue ?? "?")" + (call.message.map { " “\(Terminal.clean($0))”" } ?? ""),
            code: .notAnswered)
    }
}
