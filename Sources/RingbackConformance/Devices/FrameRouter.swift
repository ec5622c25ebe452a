import RingbackModel
import Synchronization

/// Separates the text messages of a WebSocket into events and answers.
final class FrameRouter: Sendable {
    private struct State {
        var answers: [Int: Mailbox<JSONSlice>] = [:]
        var lastID = 0
        var end: WireError?
    }

    /// The events, as the `event` of each frame.
    let events = Mailbox<JSONSlice>(capacity: 16_384)
    private let state = Mutex(State())

    /// The id for a new request, and the mailbox for its answer.
    func expectAnswer() -> (Int, Mailbox<JSONSlice>) {
        let answer = Mailbox<JSONSlice>(capacity: 1)
        let (id, end) = state.withLock { state in
            state.lastID += 1
            state.answers[state.lastID] = answer
            return (state.lastID, state.end)
        }
        if let end { answer.finish(throwing: end) }
        return (id, answer)
    }

    func receive(_ text: [UInt8]) {
        guard let frame = try? JSONSlice(parsing: text) else { return unexpected(text) }
        if let event = frame["event"] {
            events.push(event)
        } else if let id = frame.number("id"), let answer = state.withLock({ $0.answers.removeValue(forKey: id) }) {
            answer.push(frame)
        } else {
            unexpected(text)
        }
    }

    func end(_ error: WireError) {
        let answers = state.withLock { state in
            defer { state.answers = [:] }
            state.end = error
            return state.answers
        }
        for answer in answers.values { answer.finish(throwing: error) }
        events.finish(throwing: error)
    }

    private func unexpected(_ text: [UInt8]) {
        end(.unexpected("neither an event nor an answer: \(String(decoding: text.prefix(600), as: UTF8.self))"))
    }
}
