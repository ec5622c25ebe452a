import RingbackCore
import RingbackModel

/// An authenticated client, and its cursor.
struct SocketIdentity: Sendable {
    let signIn: SignIn
    let expiresAt: Timestamp
    let cursor: String?
    /// The value of ``SessionService/removals`` before the client was authenticated.
    let removals: UInt64

    var participant: Participant { signIn.participant }

    var principal: SessionService.Principal { .device(signIn, expiresAt: expiresAt) }
}

/// The session of a socket whose device is known.
struct SocketSession {
    let identity: SocketIdentity
    let pump: EventPump
    /// When contact with the device was last recorded by this socket.
    private var notedAt: MonotonicTime

    init(_ identity: SocketIdentity, _ pump: EventPump, at now: MonotonicTime) {
        self.identity = identity
        self.pump = pump
        notedAt = now
    }

    /// Whether to record contact with the device: for an open socket, once a second.
    mutating func notesSignaling(at now: MonotonicTime) -> Bool {
        guard now.milliseconds - notedAt.milliseconds >= 1000 else { return false }
        notedAt = now
        return true
    }
}
