import NIOCore
import RingbackModel

/// A connection that delivers a user's events from a cursor on.
protocol EventSource: Sendable {
    /// The next events: immediately, or when there are any.
    ///
    /// - Returns: An empty batch if a poll returned no events.
    /// - Throws: ``WireError/timeout`` at the deadline.
    func receive(before deadline: NIODeadline) async throws -> EventBatch
    func close() async
}

/// Events in order, and the cursor after them.
struct EventBatch: Sendable {
    var events: [ReceivedEvent]
    var cursor: String?
}

/// What the server sends when a device begins to listen.
package struct Welcome: Sendable {
    /// The cursor to continue from.
    package var cursor: String
    /// Whether the server continues from the device's cursor; long polls do not say.
    package var recovered: Bool?
    /// The live calls, if the device had no cursor or an expired one.
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

/// The server refuses to let a device listen.
package struct ListeningRefused: Error, Sendable, CustomStringConvertible {
    package let response: WireResponse
    package var description: String { "the server refuses to deliver events: \(response)" }
}
