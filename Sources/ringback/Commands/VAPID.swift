import ArgumentParser
import RingbackServer

/// `ringback vapid`
struct VAPID: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vapid", abstract: "Print a new key for pushes to browsers (VAPID).",
        discussion: "Keep it: with another key, every device has to register for pushes again.")

    func run() {
        let key = VAPIDKey.random()
        Terminal.say("RINGBACK_VAPID_KEY=\(key)")
        Terminal.note("Public key: \(VAPIDKey(key, contact: "https://example.org")?.publicKey ?? "")")
        Terminal.note("Set RINGBACK_VAPID_CONTACT to mailto:ADDRESS or https://… as well.")
    }
}
