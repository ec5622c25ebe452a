import RingbackCore

/// The limit for the pushes that a user causes at the devices of another.
struct PushLimit: Sendable {
    static let atOnce = 30
    static let perSecond = 0.5

    private let causes: RateLimiter<PushCause>
    private let time: any Timekeeper

    init(time: any Timekeeper) {
        self.time = time
        causes = RateLimiter("pushes", perSecond: Self.perSecond, burst: Double(Self.atOnce))
    }

    /// Whether devices may be woken once more for this.
    func admits(_ cause: PushCause) -> Bool { causes.takes(cause, at: time.monotonic) }
}
