import ArgumentParser
import RingbackClient
import RingbackModel

/// `ringback listen`
struct Listen: AsyncParsableCommand {
    /// What to do with a call.
    enum Answer: String, ExpressibleByArgument, CaseIterable { case ring, accept, decline }

    static let configuration = CommandConfiguration(
        abstract: "Wait for incoming calls.",
        discussion: """
            This command has no camera and no microphone: a call that it accepts it hangs up, with the reason `unsupported`. \
            Examples/ has programs that answer with media. Ctrl-C ends it.
            """)

    @Option(help: "ring: report that this device rings. accept or decline: do that as well.")
    var answer = Answer.ring

    @Option(help: "With --answer decline: a message for the caller.")
    var message: String?

    @Flag(help: "End after the first call.")
    var once = false

    @Flag(help: "Events as JSON objects, one a line.")
    var json = false

    @OptionGroup var options: ClientOptions

    func run() async throws {
        try await reporting {
            let client = try options.client()
            try await untilInterrupted { try await listen(client) }
        }
    }

    private func listen(_ client: RingbackClient) async throws {
        for try await event in client.events() {
            Terminal.say(json ? EventLine.json(event) : EventLine.words(event))
            switch event.kind {
            case .snapshot(let calls):
                for live in calls where live.call.state == .inviting || live.call.state == .ringing {
                    if live.call.callee.userId == client.session?.userId { try await take(client.handle(live.call)) }
                }
            case .incoming(let call): try await take(client.handle(call))
            case .ended: if once { return }
            default: break
            }
        }
    }

    /// What is too late, because the caller has given up or another device was faster, is no error, and after what fails
    /// otherwise there are other calls, unless this device is not signed in any more.
    private func take(_ call: CallHandle) async throws {
        do {
            try await call.alerting()
            switch answer {
            case .ring: return
            case .accept:
                try await call.accept()
                try await call.hangUp(reason: .unsupported)
                if !json { Terminal.say("Picked up. \(CallCommand.hungUp)") }
            case .decline:
                try await call.decline(message: message)
                if !json { Terminal.say("Declined.") }
            }
        } catch let error as RingbackError where isPassedOver(error) {
            Terminal.complain(Terminal.clean("\(error)"))
        }
        // One's own writes don't come back as events.
        if once, answer != .ring { throw ExitCode.success }
    }

    private func isPassedOver(_ error: RingbackError) -> Bool {
        if error.status == 409 || error.status == 403 { return true }
        return !once && error.status != 401 && error != .notSignedIn
    }
}
