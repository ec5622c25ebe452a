import NIOCore
import RingbackCore
import RingbackModel

/// The events that a socket is sent.
extension SocketHandler {
    /// Writes what there is, as far as the client reads.
    func pump() {
        guard case .open = state, context != nil, let session else { return }
        guard !isPumping else {
            isWakePending = true
            return
        }
        // A flush may make the channel writable again, and come back here.
        while !isPumping, isWritable {
            do {
                guard let batch = try session.readNewest(hub.services) else { return readStored(session.cursor) }
                write(batch)
                guard batch.page.hasMore else { return }
                // So that the channel can say whether it takes more.
                flush()
            } catch {
                return close(.slowReader)
            }
        }
    }

    /// Reads what only the database has.
    private func readStored(_ cursor: Cursor) {
        guard let participant = session?.identity.participant else { return }
        isPumping = true
        run({ hub in
            try await hub.services.feed.read(after: cursor, for: participant, limit: Self.batch)
        }) { handler, result in
            handler.isPumping = false
            switch result {
            case .success(let page):
                let presences = handler.hub.services.presence.takePending(for: participant.deviceId)
                handler.write(EventBatch(page, presences: presences))
                if page.hasMore || handler.isWakePending { handler.pump() }
                handler.isWakePending = false
            case .failure: handler.close(.slowReader)
            }
        }
    }

    private func write(_ batch: EventBatch) {
        session?.cursor = batch.page.cursor
        guard !batch.isEmpty else { return }
        let now = hub.services.time.now
        send { frames in
            batch.forEach(at: now) { event, cursor in frames.writeEventFrame(event, cursor: cursor, at: now) }
        }
    }
}
