import NIOCore
import RingbackModel

/// One way to hear a user's events, from a cursor on.
protocol EventSource: Sendable {
    /// The events after those that were returned before: at once, or when some come.
    ///
    /// - Returns: An empty batch when a poll came back empty.
    /// - Throws: ``WireError/timeout`` at the deadline.
    func receive(before deadline: NIODeadline) async throws -> EventBatch
    func close() async
}

/// Some events, in order, and where the log can be read on after them.
struct EventBatch: Sendable {
    var events: [ReceivedEvent]
    var cursor: String?
}

/// What the server says when a device begins to listen.
package struct Welcome: Sendable {
    /// Where the log can be read on.
    package var cursor: String
    /// Whether the device goes on from its cursor; a long-poll does not say.
    package var recovered: Bool?
    /// The calls that are live for the device, when it came without a cursor or with one that is gone.
    package var snapshot: [CallView]?

    init(cursor: String, recovered: Bool? = nil, calls: JSONSlice?) throws {
        self.cursor = cursor
        self.recovered = recovered
        snapshot = try calls?.elements?.map { try CallView($0) }
    }

    /// - Parameter event: `{"type":"welcome","data":{"device","cursor","recovered","pingSeconds","calls"?}}`.
    init(event: JSONSlice, for device: TestDevice) throws {
        guard event.text("type") == "welcome", let cursor = event.text("data.cursor"),
            let recovered = event.flag("data.recovered"), event.number("data.pingSeconds") != nil
        else { throw WireError.unexpected("expected a welcome, got \(event.excerpt)") }
        guard event.text("data.device.deviceId") == device.deviceId,
            event.text("data.device.userId") == device.user.userId
        else { throw WireError.unexpected("the welcome is for another device than \(device): \(event.excerpt)") }
        try self.init(cursor: cursor, recovered: recovered, calls: event.value(at: "data.calls"))
    }
}

/// A server that refuses to let a device listen.
package struct ListeningRefused: Error, Sendable, CustomStringConvertible {
    package let response: WireResponse
    package var description: String { "the server refuses to tell events: \(response)" }
}
