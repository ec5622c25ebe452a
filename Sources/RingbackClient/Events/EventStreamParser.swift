/// Splits a `text/event-stream` into events (WHATWG HTML, section 9.2). Skips comments and unknown fields.
struct EventStreamParser {
    struct Frame {
        var event: String
        var data: [UInt8]
    }

    /// The maximum length of one event in bytes.
    private let maximumBytes: Int
    private var line: [UInt8] = []
    private var event = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var isAfterCarriageReturn = false

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Returns the events that are complete after `bytes`.
    ///
    /// - Throws: ``RingbackError/unexpectedResponse(_:)`` if an event is too long.
    mutating func parse(_ bytes: [UInt8]) throws(RingbackError) -> [Frame] {
        var frames: [Frame] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            if isAfterCarriageReturn {
                isAfterCarriageReturn = false
                if rest.first == UInt8(ascii: "\n") {
                    rest = rest.dropFirst()
                    continue
                }
            }
            let end = rest.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            line.append(contentsOf: rest[..<(end ?? rest.endIndex)])
            guard line.count + data.count <= maximumBytes else {
                throw .unexpectedResponse(UnexpectedResponse(nil, "an event has over \(maximumBytes) bytes"))
            }
            guard let end else { break }
            isAfterCarriageReturn = rest[end] == UInt8(ascii: "\r")
            rest = rest[(end + 1)...]
            if let frame = endLine() { frames.append(frame) }
        }
        return frames
    }

    private mutating func endLine() -> Frame? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else {
            defer { (event, data, hasData) = ("", [], false) }
            return hasData ? Frame(event: event, data: data) : nil
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": event = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData { data.append(UInt8(ascii: "\n")) }
            data.append(contentsOf: value)
            hasData = true
        default: break
        }
        return nil
    }
}
