import ArgumentParser
import RingbackClient
import RingbackModel

/// `ringback sessions`
struct Sessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List your signed-in devices, or sign some of them out.",
        discussion: "This device is marked with a star.")

    @Option(help: "Sign out the device with this identifier.")
    var signOut: String?

    @Flag(help: "Sign out all devices, including this one.")
    var signOutAll = false

    @Flag(help: "Print one JSON object per line.")
    var json = false

    @OptionGroup var options: ClientOptions

    func validate() throws {
        guard signOut == nil || !signOutAll else {
            throw ValidationError("--sign-out and --sign-out-all exclude each other.")
        }
    }

    func run() async throws {
        try await reporting {
            let client = try options.client()
            if signOutAll {
                Terminal.say("Devices signed out: \(try await client.deleteSessions())")
            } else if let signOut {
                try await end(signOut, client)
            } else {
                for device in try await client.listSessions() { show(device) }
            }
        }
    }

    private func end(_ text: String, _ client: RingbackClient) async throws {
        do {
            guard let device = DeviceID(text) else { throw CommandError("\(text) is not the identifier of a device.") }
            try await client.deleteSession(device)
            Terminal.say("Signed out: \(device)")
        } catch let error as RingbackError where error.code == .notFound {
            throw CommandError("You have no device \(text). `ringback sessions` lists them.")
        }
    }

    private func show(_ device: Device) {
        if json { return Terminal.say(String(decoding: device.json, as: UTF8.self)) }
        let seen = device.lastSeenAt.map { "last seen \($0)" } ?? "signed in \(device.createdAt)"
        let name = Terminal.clean(device.deviceName ?? "")
        Terminal.say("\(device.current ? "*" : " ") \(device.deviceId)\t\(seen)\t\(name)")
    }
}
