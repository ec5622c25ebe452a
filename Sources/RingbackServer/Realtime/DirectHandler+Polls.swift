import NIOCore
import NIOHTTP1
import RingbackCore
import RingbackModel

/// One long-poll on its way.
final class Poll: Exchange {
    let request: PollRequest
    let deadline: NIODeadline
    var seat: FeedSeat?
    var cursor = Cursor(epoch: "", position: 0)
    /// The server has ended it.
    var hasEnded = false
    /// The database is being asked.
    var isReading = false
    /// Something may have come since the database was asked.
    var isWoken = false

    init(_ head: HTTPRequestHead, _ operation: Operation, _ request: PollRequest) {
        self.request = request
        deadline = .now() + .seconds(Int64(request.waitSeconds))
        super.init(head, operation)
    }
}

/// Where a poll's answer comes from: the feed's memory, and the database only when that can't tell.
extension DirectHandler {
    func begin(_ poll: Poll) {
        do {
            if let participant = try desk.knownParticipant(poll.request.token) {
                return open(poll, for: participant)
            }
        } catch {
            return passOn(poll)
        }
        let token = poll.request.token
        run(poll, { desk in try await desk.participant(token) }) { handler, participant in
            handler.open(poll, for: participant)
        }
    }

    private func open(_ poll: Poll, for participant: Participant) {
        guard let context else { return }
        let address = desk.outboxes.address(of: self, on: context.eventLoop)
        do {
            if let text = poll.request.cursor { poll.cursor = try Cursor.parse(text) }
            // Armed before the first read, so that nothing falls between.
            poll.seat = try FeedSeat(
                participant, isPoll: true, desk.services, wake: { address.put(.wake) },
                end: { address.put(.end($0)) })
        } catch {
            return passOn(poll)
        }
        guard poll.request.cursor == nil else { return read(poll) }
        poll.isReading = true
        run(poll, { desk in try await desk.services.calls.snapshot(for: participant) }) { handler, snapshot in
            let services = handler.desk.services
            handler.send(LongPoll.answer(nil, cursor: snapshot.cursor, calls: snapshot.calls, services), to: poll)
        }
    }

    /// Answers with what there is after the poll's cursor, or when its time is up; otherwise it goes on waiting.
    func read(_ poll: Poll) {
        guard !poll.isReading else { return poll.isWoken = true }
        guard let participant = poll.seat?.participant else { return }
        do {
            var hasMore = true
            while hasMore {
                let page = try desk.services.feed.readNewest(
                    after: poll.cursor, for: participant, limit: poll.request.limit)
                guard let page else { return readStored(poll, for: participant) }
                if answer(poll, with: page) { return }
                hasMore = page.hasMore
            }
        } catch {
            passOn(poll)
        }
    }

    private func readStored(_ poll: Poll, for participant: Participant) {
        poll.isReading = true
        poll.isWoken = false
        let (cursor, limit) = (poll.cursor, poll.request.limit)
        run(poll, { desk in try await desk.services.feed.read(after: cursor, for: participant, limit: limit) }) {
            handler, page in
            poll.isReading = false
            if !handler.answer(poll, with: page), page.hasMore || poll.isWoken { handler.read(poll) }
        }
    }

    private func answer(_ poll: Poll, with page: EventFeed.Page) -> Bool {
        guard let participant = poll.seat?.participant else { return true }
        poll.cursor = page.cursor
        let batch = EventBatch(page, presences: desk.services.presence.takePending(for: participant.deviceId))
        guard !batch.isEmpty || poll.hasEnded || poll.deadline <= .now() || !heldEvents.isEmpty else { return false }
        send(LongPoll.answer(batch, cursor: page.cursor, calls: nil, desk.services), to: poll)
        return true
    }
}
