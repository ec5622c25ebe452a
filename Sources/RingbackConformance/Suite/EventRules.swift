import RingbackModel

/// Rules for the events of every device (protocol, sections 3 and 5).
enum EventRules {
    /// - Throws: ``ConformanceFailure`` for the first rule that is violated.
    static func check(_ device: TestDevice) throws {
        var lastSeq: [String: Int] = [:]
        for event in device.heard {
            try checkShape(event)
            guard let callId = event.callId, let seq = event.callSeq else { continue }
            if let last = lastSeq[callId], seq <= last {
                throw ConformanceFailure("\(device): callSeq grows within a call, but \(event) came after #\(last)")
            }
            lastSeq[callId] = seq
            // Two devices together make a call active, so the second one may receive the event.
            if event.actorDeviceId == device.deviceId, event.type != EventType.callActive.rawValue {
                throw ConformanceFailure("\(device) hears its own write back: \(event.json.excerpt)")
            }
        }
        if let id = device.repeated.first {
            throw ConformanceFailure("\(device) went on from its cursor and got the event \(id) again")
        }
    }

    private static func checkShape(_ event: ReceivedEvent) throws {
        let text = event.json.excerpt
        let time = event.json.text("time") ?? ""
        try expect(
            time.utf8.count == 24 && Timestamp(time) != nil, "`time` is RFC 3339 in UTC with milliseconds: \(text)")
        try expect((event.json.number("ageMs") ?? -1) >= 0, "an event has `ageMs`: \(text)")
        try expect(event.data?.kind == .object, "an event has `data`: \(text)")
        try expect(isCursor(event.cursor), "a cursor is 1 to 128 visible characters: \(text)")
        if event.type.hasPrefix("call.") {
            try expect(
                event.callId != nil && (event.callSeq ?? 0) >= 1, "a call's event has callId and callSeq: \(text)")
            let actor = event.json["actor"]
            try expect(
                actor == nil || (event.actorUserId != nil && event.actorDeviceId != nil),
                "an actor is a user and a device: \(text)")
        }
        if event.json.text("data.call.callId") != nil {
            try expectEqual(event.json.text("data.call.callId"), event.callId ?? "", "the call of the event \(text)")
        }
    }

    private static func isCursor(_ cursor: String) -> Bool {
        (1...128).contains(cursor.utf8.count) && cursor.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
