public import RingbackModel

/// An ICE candidate as a WebRTC stack gives it: the W3C's `RTCIceCandidateInit` (RFC 8838).
public struct ICECandidate: Sendable, Hashable {
    /// The candidate attribute, at most ``RingbackModel/Limits/candidateBytes``. Empty for the end of the candidates.
    public var candidate: String
    /// The `mid` of the media section it belongs to.
    public var sdpMid: String?
    /// The number of that section, from 0.
    public var sdpMLineIndex: Int?
    /// The ICE username fragment of the description it belongs to.
    public var usernameFragment: String?

    /// A candidate of this side's: `candidate:…`, or empty for the end of the candidates.
    public init(
        candidate: String, sdpMid: String? = nil, sdpMLineIndex: Int? = nil, usernameFragment: String? = nil
    ) {
        self.candidate = candidate
        self.sdpMid = sdpMid
        self.sdpMLineIndex = sdpMLineIndex
        self.usernameFragment = usernameFragment
    }
}

extension ICECandidate: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("candidate", candidate)
            json.optionalField("sdpMid", sdpMid)
            json.optionalField("sdpMLineIndex", sdpMLineIndex)
            json.optionalField("usernameFragment", usernameFragment)
        }
    }
}

extension StoredCandidate {
    /// The candidate with its members taken apart.
    public var iceCandidate: ICECandidate? {
        (try? JSONObject(parsing: candidate.utf8)).flatMap { try? ICECandidate($0) }
    }
}

extension Description {
    /// The SDP itself, with the escapes of its JSON resolved.
    public var sdpText: String { JSONSlice(kept: sdp.utf8)?.string ?? "" }
}
