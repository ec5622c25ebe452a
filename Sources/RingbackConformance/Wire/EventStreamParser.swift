/// One event of a `text/event-stream` (WHATWG HTML, section 9.2).
package struct ServerSentEvent: Sendable, Hashable {
    package var id: String?
    package var event: String?
    package var data: String
}

/// Splits a `text/event-stream` into events. Skips comments and unknown fields.
struct EventStreamParser: Sendable {
    /// The maximum length of one event in bytes.
    private static let eventBytes = 4 << 20
    private var line: [UInt8] = []
    private var id: String?
    private var event: String?
    private var data: [String] = []
    private var isAfterCarriageReturn = false

    /// Returns the events that are complete after `bytes`.
    mutating func parse(_ bytes: some Sequence<UInt8>) throws -> [ServerSentEvent] {
        var complete: [ServerSentEvent] = []
        for byte in bytes {
            let endsPair = isAfterCarriageReturn && byte == UInt8(ascii: "\n")
            isAfterCarriageReturn = byte == UInt8(ascii: "\r")
            if endsPair { continue }
            guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else {
                guard line.count < Self.eventBytes else {
                    throw WireError.tooMuch("an event over \(Self.eventBytes) bytes")
                }
                line.append(byte)
                continue
            }
            if let event = endLine() { complete.append(event) }
        }
        return complete
    }

    private mutating func endLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        let name = String(decoding: line[..<(colon ?? line.endIndex)], as: UTF8.self)
        var content = colon.map { line[($0 + 1)...] } ?? []
        if content.first == UInt8(ascii: " ") { content.removeFirst() }
        let value = String(decoding: content, as: UTF8.self)
        switch name {
        case "id": id = value
        case "event": event = value
        case "data": data.append(value)
        default: break
        }
        return nil
    }

    private mutating func endEvent() -> ServerSentEvent? {
        defer {
            (event, data) = (nil, [])
        }
        guard !data.isEmpty else { return nil }
        return ServerSentEvent(id: id, event: event, data: data.joined(separator: "\n"))
    }
}
