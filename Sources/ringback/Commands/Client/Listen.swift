import ArgumentParser
import RingbackClient
import RingbackModel

/// `ringback listen`
struct Listen: AsyncParsableCommand {
    /// How to respond to a call.
    enum Answer: String, ExpressibleByArgument, CaseIterable { case ring, accept, decline }

    static let configuration = CommandConfiguration(
        abstract: "Wait for incoming calls.",
        discussion: """
            This command has no media: it hangs up a call that it has accepted, with the reason `unsupported`. For programs \
            that answer with media, see Examples/. Stop with Ctrl-C.
            """)

    @Option(help: "ring reports that this device rings; accept and decline also accept or decline the call.")
    var answer = Answer.ring

    @Option(help: "With --answer decline: a message for the caller.")
    var message: String?

    @Flag(help: "Exit after the first call.")
    var once = false

    @Flag(help: "Print events as JSON objects, one per line.")
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
            case .incoming(let call):
                let isMuted = client.session.map { event.mutedDevices.contains($0.deviceId) } ?? false
                if !isMuted { try await take(client.handle(call)) }
            case .ended: if once { return }
            default: break
            }
        }
    }

    /// A call that was canceled or accepted elsewhere meanwhile is not an error. After other errors, the command waits
    /// for further calls, unless this device is no longer signed in.
    private func take(_ call: CallHandle) async throws {
        do {
            try await call.alerting()
            switch answer {
            case .ring: return
            case .accept:
                try await call.accept()
                try await call.hangUp(reason: .unsupported)
                if !json { Terminal.say("Accepted. \(CallCommand.hungUp)") }
            case .decline:
                try await call.decline(message: message)
                if !json { Terminal.say("Declined.") }
            }
        } catch let error as RingbackError where isPassedOver(error) {
            Terminal.complain(Terminal.clean("\(error)"))
        }
        // A device does not receive events for its own writes.
        if once, answer != .ring { throw ExitCode.success }
    }

    private func isPassedOver(_ error: RingbackError) -> Bool {
        if error.status == 409 || error.status == 403 { return true }
        return !once && error.status != 401 && error != .notSignedIn
    }
}
