/// The bounds of everything a client may send. A value beyond its bound is refused whole.
public enum Limits {
    /// Bytes of a request's body, and of a WebSocket message.
    public static let bodyBytes = 64 * 1024
    /// UTF-8 bytes of a session description's `sdp`.
    public static let sdpBytes = 32 * 1024
    /// UTF-8 bytes of the `candidate` of an `RTCIceCandidateInit`; the whole dictionary may have twice as many.
    public static let candidateBytes = 2 * 1024
    /// Candidates in one batch.
    public static let candidatesPerBatch = 1...64
    /// Candidates that one side may add to a call during its life.
    public static let candidatesPerSide = 4096
    /// Bytes of a call's `custom` JSON.
    public static let customBytes = 4 * 1024
    /// Characters (Unicode scalars) of the free text that goes with a decline.
    public static let messageCharacters = 200
    /// Seconds that a call may ring.
    public static let ringSeconds = 10...180
    /// Characters (Unicode scalars) of a password.
    public static let passwordCharacters = 8...200
    /// Characters (Unicode scalars) of a display name, and of a device's name.
    public static let nameCharacters = 1...100
    /// Users that one device may watch.
    public static let watchedUsers = 200
    /// Calls that one user may have going out at a time.
    public static let outgoingCalls = 100
    /// Legs a call lists: the callee's most recently seen devices. Others ring too, and join the list when they act.
    public static let legs = 32
    /// Entries of a call's timeline; the call's end comes on top.
    public static let timelineEntries = 1000
    /// Seconds a long-poll may wait.
    public static let waitSeconds = 0...60
    /// Events in one answer of a long-poll.
    public static let eventsPerPage = 1...1000
    /// Items in one page of the directory or the history.
    public static let itemsPerPage = 1...100
    /// Bytes of a participant's media state, and of a quality summary.
    public static let mediaBytes = 2 * 1024
    /// Visible ASCII characters of an `Idempotency-Key`.
    public static let idempotencyKeyCharacters = 1...255
    /// Levels that JSON may nest.
    public static let jsonDepth = 32
    /// Values in JSON, and names of members.
    public static let jsonValues = 10_000
}
