import NIOCore
import NIOHTTP1
import RingbackCore
import RingbackModel

/// One write to a call on its way.
final class CallWrite: Exchange {
    let request: WriteRequest
    var body = ByteBuffer()

    init(_ head: HTTPRequestHead, _ operation: Operation, _ request: WriteRequest) {
        self.request = request
        super.init(head, operation)
    }
}

/// A write goes to the store's one queue, and is answered when it is durable. What has to be refused before is for the HTTP
/// side to refuse.
extension DirectHandler {
    func begin(_ write: CallWrite) {
        do {
            if let principal = try desk.services.sessions.known(write.request.token) {
                return try submit(write, by: principal)
            }
        } catch {
            return passOn(write)
        }
        let token = write.request.token
        run(write, { desk in try await desk.services.sessions.authenticate(token) }) { handler, principal in
            do {
                try handler.submit(write, by: principal)
            } catch {
                handler.passOn(write)
            }
        }
    }

    private func submit(_ write: CallWrite, by principal: SessionService.Principal) throws {
        guard let context else { return }
        let request = try desk.callRequest(write, by: principal)
        let address = desk.outboxes.address(of: self, on: context.eventLoop)
        desk.services.calls.submit(request) { address.put(.done($0)) }
    }

    /// The store has answered.
    func answered(_ write: CallWrite, _ result: Result<Answer, any Error>) {
        switch result {
        case .success(let answer): send(answer, to: write)
        case .failure(let error):
            let problem = desk.problem(for: error, write)
            send(desk.head(of: problem), problem.json, to: write)
        }
    }
}
