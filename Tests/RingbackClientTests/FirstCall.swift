import Foundation
import RingbackClient

/// The code of the article. ``FirstCallTests`` compares it with the article and runs it.
func firstCall(_ url: URL, _ password: String, _ makeOffer: () -> String) async throws {
    // snippet begin
    let client = try RingbackClient(baseURL: url)
    try await client.signIn("vasya", password: password)
    let events = client.events(after: try await client.pollEvents(waitSeconds: 0).cursor)
    let call = try await client.invite("petya")
    for try await event in events where event.callId == call.id {
        switch event.kind {
        case .accepted: try await call.sendOffer(sdp: makeOffer())
        case .answer(let answer): print(answer.sdpText)
        case .ended(let call): return print(call.reason ?? .completed)
        default: break
        }
    }
    // snippet end
}
