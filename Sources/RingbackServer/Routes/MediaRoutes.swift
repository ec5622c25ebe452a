import RingbackCore
import RingbackModel

/// Media states and quality summaries of participants.
enum MediaRoutes {
    static func operations() -> [Operation] {
        [
            Operation(.setMedia, change: setMedia),
            Operation(.reportQuality, change: reportQuality),
        ]
    }

    private enum Kind: String, CaseIterable { case audio, video }
    private enum Path: String, CaseIterable { case direct, relayed }

    /// PUT /v1/calls/{callId}/media
    @Sendable private static func setMedia(_ request: OperationRequest) throws -> CallRequest {
        var reader = try request.reader(requiresBody: true)
        var json = JSONWriter()
        let others = request.operation.id.pathParameters + ["held", "key"]
        json.object { json in
            if let held = reader.bool("held") {
                json.name("held")
                json.bool(held)
            }
            for (name, value) in reader.byName where !others.contains(where: { $0.hasSameBytes(as: name) }) {
                guard (1...32).contains(name.unicodeScalars.count) else {
                    reader.fail(String(name.unicodeScalars.prefix(32)), "must be a name of 1 to 32 characters")
                    continue
                }
                reader.object(value, at: name) { reader in
                    if reader.member("kind", true) != nil { _ = reader.choice("kind", of: Kind.allCases) }
                    if reader.member("muted", true) != nil { _ = reader.bool("muted") }
                    return ()
                }
                json.member(name)
                json.raw(value.text.utf8)
            }
        }
        try reader.finish()
        let media = json.finish()
        guard media.count <= Limits.mediaBytes else {
            throw Problem(.invalidRequest, "The media state may have at most \(Limits.mediaBytes) bytes.")
        }
        return try request.change(.media(JSONText(unchecked: media)))
    }

    /// POST /v1/calls/{callId}/quality
    @Sendable private static func reportQuality(_ request: OperationRequest) throws -> CallRequest {
        var reader = try request.reader(requiresBody: true)
        var json = JSONWriter()
        json.object { json in
            if let final = reader.bool("final") {
                json.name("final")
                json.bool(final)
            }
            for (name, range) in measures {
                guard let value = reader.member(name, false) else { continue }
                guard let number = value.number, range.contains(number) else {
                    reader.fail(name, "must be a number from \(range.lowerBound) to \(range.upperBound)")
                    continue
                }
                json.member(name)
                json.raw(value.text.utf8)
            }
            if let path = reader.choice("path", of: Path.allCases) { json.field("path", path.rawValue) }
        }
        try reader.finish()
        let quality = json.finish()
        guard quality.count <= Limits.mediaBytes else {
            throw Problem(.invalidRequest, "A summary may have at most \(Limits.mediaBytes) bytes.")
        }
        return try request.change(.quality(JSONText(unchecked: quality)))
    }

    /// Values derived from `getStats()` (W3C webrtc-stats).
    private static let measures: [(String, ClosedRange<Double>)] =
        [
            "roundTripTimeMs", "jitterMs", "packetsLost", "packetsSent", "packetsReceived", "bytesSent",
            "bytesReceived",
            "availableOutgoingBitrate", "framesPerSecond", "frameWidth", "frameHeight",
        ].map { ($0, 0...1e15) } + [("score", 1...5)]
}
