package import RingbackCore
import RingbackModel

/// Everything the routes talk to.
package struct Services: Sendable {
    package let store: any Store
    package let time: any Timekeeper
    package let accounts: AccountService
    package let sessions: SessionService
    package let tickets: TicketBooth
    package let calls: CallService
    package let clock: CallClock
    package let liveCalls: LiveCalls
    package let feed: EventFeed
    package let board: PresenceBoard
    package let presence: PresenceService
    package let monitor: ConnectionMonitor
    package let settings: ServerSettings
    let streams: StreamRegistry
    let limiter: RateLimiter
}
