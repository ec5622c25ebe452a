/// Why a call ended.
public enum EndReason: String, Sendable, Codable, CaseIterable {
    /// Somebody hung up on an accepted call.
    case completed
    /// The caller gave up while it rang.
    case canceled
    /// The callee did not want it.
    case declined
    /// The callee was in another call and takes no second.
    case busy
    /// It rang until its time was over.
    case noAnswer = "no_answer"
    /// No device of the callee reported that it rings.
    case unreachable
    /// It was accepted, and no media flowed within 30 s.
    case connectTimeout = "connect_timeout"
    /// A participant was not heard of for a minute.
    case connectionLost = "connection_lost"
    /// The two devices found no way to each other.
    case iceFailed = "ice_failed"
    /// A camera or a microphone failed, or what came could not be played.
    case mediaFailed = "media_failed"
    /// The device can't do what was asked of it.
    case unsupported
    /// An administrator ended it.
    case admin

    /// The status code that a SIP gateway would use (RFC 3261, section 21). Calls that were answered have had their 200.
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

/// Why one device stopped ringing while the call went on, or because of what another device did.
public enum LegReason: String, Sendable, Codable, CaseIterable {
    /// Another device of the user has picked up.
    case acceptedElsewhere = "accepted_elsewhere"
    /// Another device of the user has declined.
    case declinedElsewhere = "declined_elsewhere"
    /// The two called each other at once, and the other call goes on.
    case merged
}
