package import RingbackModel

/// A call as the server encodes it (protocol, section 5). Decoded leniently: each case checks what it is about.
package struct CallView: Sendable {
    package let json: JSONSlice
    package let id: String
    package let state: String

    init(_ json: JSONSlice?, at place: Place = #line) throws {
        guard let json, let id = json.text("callId"), let state = json.text("state") else {
            throw ConformanceFailure("expected a call, got \(json?.excerpt ?? "nothing")", at: place)
        }
        self.json = json
        self.id = id
        self.state = state
    }

    package var reason: String? { json.text("reason") }
    package var negotiation: Int? { json.number("negotiation") }
    package var isMerged: Bool { json.flag("merged") ?? false }

    /// The leg of a device: its state and why it stopped.
    package func leg(of device: TestDevice) -> (state: String?, reason: String?)? {
        json.list("legs").first { $0.text("deviceId") == device.deviceId }.map { ($0.text("state"), $0.text("reason")) }
    }

    /// The participant entry of a device.
    package func participant(_ device: TestDevice) -> JSONSlice? {
        json.list("participants").first {
            $0.text("deviceId") == device.deviceId && $0.text("userId") == device.user.userId
        }
    }
}
