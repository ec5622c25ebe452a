/// The limits on what a client may send. A request that exceeds one is rejected as a whole.
public enum Limits {
    /// Bytes of a request body or a WebSocket message.
    public static let bodyBytes = 256 * 1024
    /// Bytes of the body of a request that needs no token.
    public static let anonymousBodyBytes = 16 * 1024
    /// UTF-8 bytes of a session description's `sdp`.
    public static let sdpBytes = 128 * 1024
    /// UTF-8 bytes of the `candidate` of an `RTCIceCandidateInit`. The whole dictionary may be twice as long.
    public static let candidateBytes = 2 * 1024
    /// Candidates in one request.
    public static let candidatesPerBatch = 1...64
    /// Candidates that one side may add to a call during its life.
    public static let candidatesPerSide = 4096
    /// Negotiations of a call in its first minute, and in each one after it; what is left of a minute may be used
    /// later.
    public static let negotiationsPerMinute = 60
    /// Bytes of a call's `custom` JSON.
    public static let customBytes = 4 * 1024
    /// Characters (Unicode scalars) of the message of a decline.
    public static let messageCharacters = 200
    /// Seconds that a call may ring.
    public static let ringSeconds = 10...180
    /// Characters (Unicode scalars) of a password.
    public static let passwordCharacters = 8...200
    /// Characters (Unicode scalars) of the display name of a user and of the name of a device.
    public static let nameCharacters = 1...100
    /// Users that one device may watch.
    public static let watchedUsers = 200
    /// The maximum number of users that a user may block.
    public static let blockedUsers = 1000
    /// The maximum number of contacts of a user.
    public static let contacts = 5_000
    /// Unaccepted outgoing calls of one user at a time.
    public static let outgoingCalls = 100
    /// The maximum number of live calls of a user, outgoing and incoming.
    public static let liveCalls = 128
    /// The maximum number of live calls of two users with each other.
    public static let liveCallsOfPair = 32
    /// The maximum number of legs that a new call lists: those of the callee's devices that were seen most recently.
    /// Other devices ring as well, and are listed once they act.
    public static let legs = 32
    /// The maximum number of legs that a call lists. Further devices are only listed if they accept or decline.
    public static let listedLegs = 64
    /// Entries of a call's timeline, not counting the end of the call.
    public static let timelineEntries = 1000
    /// Seconds that a long poll may wait.
    public static let waitSeconds = 0...60
    /// Events in one response to a long poll.
    public static let eventsPerPage = 1...1000
    /// Bytes at which a page of any kind ends, even if more items were requested. A page has at least one item.
    public static let pageBytes = 256 * 1024
    /// Items in one page of the directory, the block list or the history.
    public static let itemsPerPage = 1...100
    /// Bytes of the media state of a participant and of a quality summary.
    public static let mediaBytes = 2 * 1024
    /// Visible ASCII characters of an `Idempotency-Key`.
    public static let idempotencyKeyCharacters = 1...255
    /// Levels of nesting in JSON.
    public static let jsonDepth = 32
    /// Values and names of members in one JSON text.
    public static let jsonValues = 10_000
}
