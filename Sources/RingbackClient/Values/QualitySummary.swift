import RingbackModel

/// How good the call is as one side sees it, from `getStats()`. Say what is known; all numbers are 0 or more.
public struct QualitySummary: Sendable, Hashable {
    /// How the media travel.
    public enum Path: String, Sendable, Hashable {
        /// From peer to peer.
        case direct
        /// Through a TURN server.
        case relayed
    }

    /// Whether the call is over for this side.
    public var isFinal: Bool?
    /// Milliseconds there and back.
    public var roundTripTimeMs: Double?
    /// Milliseconds (RFC 3550, section 6.4.1).
    public var jitterMs: Double?
    /// RTP packets of the other side's that never came.
    public var packetsLost: Double?
    /// RTP packets sent.
    public var packetsSent: Double?
    /// RTP packets received.
    public var packetsReceived: Double?
    /// Bytes sent.
    public var bytesSent: Double?
    /// Bytes received.
    public var bytesReceived: Double?
    /// Bits per second that the path seems to bear.
    public var availableOutgoingBitrate: Double?
    /// Pictures per second.
    public var framesPerSecond: Double?
    /// Pixels.
    public var frameWidth: Double?
    /// Pixels.
    public var frameHeight: Double?
    /// How the media travel.
    public var path: Path?
    /// An opinion from 1 to 5, such as a MOS. 5 is best.
    public var score: Double?

    /// An empty summary.
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
