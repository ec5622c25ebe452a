import RingbackModel

/// The quality of a call as measured by one side, from `getStats()`. All members are optional; all numbers are 0 or
/// more.
public struct QualitySummary: Sendable, Hashable {
    /// The route of the media.
    public enum Path: String, Sendable, Hashable {
        /// Directly between the peers.
        case direct
        /// Through a TURN server.
        case relayed
    }

    /// Whether this is the last summary of this side.
    public var isFinal: Bool?
    /// The round-trip time in milliseconds.
    public var roundTripTimeMs: Double?
    /// The jitter in milliseconds (RFC 3550, section 6.4.1).
    public var jitterMs: Double?
    /// RTP packets from the other side that were lost.
    public var packetsLost: Double?
    /// RTP packets sent.
    public var packetsSent: Double?
    /// RTP packets received.
    public var packetsReceived: Double?
    /// Bytes sent.
    public var bytesSent: Double?
    /// Bytes received.
    public var bytesReceived: Double?
    /// The estimated available bandwidth in bits per second.
    public var availableOutgoingBitrate: Double?
    /// Video frames per second.
    public var framesPerSecond: Double?
    /// The width of the video in pixels.
    public var frameWidth: Double?
    /// The height of the video in pixels.
    public var frameHeight: Double?
    /// The route of the media.
    public var path: Path?
    /// A rating from 1 to 5 (best), such as a MOS.
    public var score: Double?

    /// Creates an empty summary.
    public init() {}
}

extension QualitySummary: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            if let isFinal { json.field("final", isFinal) }
            let numbers: [(StaticString, Double?)] = [
                ("roundTripTimeMs", roundTripTimeMs), ("jitterMs", jitterMs), ("packetsLost", packetsLost),
                ("packetsSent", packetsSent), ("packetsReceived", packetsReceived), ("bytesSent", bytesSent),
                ("bytesReceived", bytesReceived), ("availableOutgoingBitrate", availableOutgoingBitrate),
                ("framesPerSecond", framesPerSecond), ("frameWidth", frameWidth), ("frameHeight", frameHeight),
                ("score", score),
            ]
            for case (let name, .some(let value)) in numbers {
                json.name(name)
                json.number(value)
            }
            json.optionalField("path", path?.rawValue)
        }
    }
}
