/// Why a call ended.
public enum EndReason: String, Sendable, Codable, CaseIterable {
    /// A participant hung up after the call had been accepted.
    case completed
    /// The caller canceled while the call was ringing.
    case canceled
    /// The callee declined.
    case declined
    /// The callee was in another call and has the policy `reject`.
    case busy
    /// Nobody accepted before the ring time ended.
    case noAnswer = "no_answer"
    /// No device of the callee reported that it rings.
    case unreachable
    /// The call was accepted and did not become active within 30 s.
    case connectTimeout = "connect_timeout"
    /// A participant stayed `reconnecting` for 60 s.
    case connectionLost = "connection_lost"
    /// The two devices could not establish a connection (ICE failed).
    case iceFailed = "ice_failed"
    /// A camera or microphone failed, or the media received could not be played.
    case mediaFailed = "media_failed"
    /// A device does not support what the call needs.
    case unsupported
    /// An administrator ended the call.
    case admin

    /// The status code that a SIP gateway would use (RFC 3261, section 21). It is 200 for a call that was active.
    public var sipStatus: Int {
        switch self {
        case .completed, .connectionLost: 200
        case .canceled: 487
        case .declined: 603
        case .busy: 486
        case .noAnswer: 408
        case .unreachable: 480
        case .connectTimeout: 504
        case .iceFailed, .mediaFailed, .unsupported: 488
        case .admin: 403
        }
    }
}

/// Why a leg stopped for a reason that is not the end of the call, or because of another device of the user.
public enum LegReason: String, Sendable, Codable, CaseIterable {
    /// Another device of the user accepted.
    case acceptedElsewhere = "accepted_elsewhere"
    /// Another device of the user declined.
    case declinedElsewhere = "declined_elsewhere"
    /// The two users called each other at the same time, and another device of the user accepted by its invitation.
    case merged
}
