public import RingbackModel

/// An ICE candidate as WebRTC represents it: an `RTCIceCandidateInit` (W3C WebRTC; RFC 8838).
public struct ICECandidate: Sendable, Hashable {
    /// The candidate attribute, at most ``RingbackModel/Limits/candidateBytes`` bytes. Empty for end-of-candidates.
    public var candidate: String
    /// The `mid` of the media section that the candidate belongs to.
    public var sdpMid: String?
    /// The index of that media section, counted from 0.
    public var sdpMLineIndex: Int?
    /// The ICE username fragment of the description that the candidate belongs to.
    public var usernameFragment: String?

    /// Creates a candidate. `candidate` is a `candidate:…` attribute, or empty for end-of-candidates.
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
    /// The decoded candidate; `nil` if it has another shape.
    public var iceCandidate: ICECandidate? {
        (try? JSONObject(parsing: candidate.utf8)).flatMap { try? ICECandidate($0) }
    }
}

extension Description {
    /// The SDP as text, with the escapes of its JSON resolved.
    public var sdpText: String { JSONSlice(kept: sdp.utf8)?.string ?? "" }
}
