import RingbackCore
import RingbackModel

/// Who is at the other end of a socket, and from where it goes on.
struct SocketIdentity: Sendable {
    let signIn: SignIn
    let expiresAt: Timestamp
    let cursor: String?

    var participant: Participant { signIn.participant }

    var principal: SessionService.Principal { .device(signIn, expiresAt: expiresAt) }
}

/// A socket whose device is known.
struct SocketSession {
    let identity: SocketIdentity
    let pump: EventPump
    /// When it was last noted that the device was heard of by this socket.
    private var notedAt: MonotonicTime

    init(_ identity: SocketIdentity, _ pump: EventPump, at now: MonotonicTime) {
        self.identity = identity
        self.pump = pump
        notedAt = now
    }

    /// Whether it is to be noted that the device was heard of: for an open socket once a second is enough.
    mutating func notesSignaling(at now: MonotonicTime) -> Bool {
        guard now.milliseconds - notedAt.milliseconds >= 1000 else { return false }
        notedAt = now
        return true
    }
}
