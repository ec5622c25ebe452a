/// Why a call ended.
public enum EndReason: String, Sendable, Codable, CaseIterable {
    case completed
    case canceled
    case declined
    case busy
    case noAnswer = "no_answer"
    case unreachable
    case connectTimeout = "connect_timeout"
    case connectionLost = "connection_lost"
    case iceFailed = "ice_failed"
    case mediaFailed = "media_failed"
    case unsupported
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
    case acceptedElsewhere = "accepted_elsewhere"
    case declinedElsewhere = "declined_elsewhere"
    case merged
}
