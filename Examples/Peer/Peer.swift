import Foundation
import RingbackClient

/// Answers one call with a WebRTC stack in a separate process, connected by a pipe: here `peer.py`, with aiortc.
///
///     echo PASSWORD | ringback-example-peer http://127.0.0.1:8080 petya python3 Examples/Peer/peer.py
@main
struct Peer {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 4, let url = URL(string: arguments[1]), let password = readLine() else {
            print("usage: ringback-example-peer URL USER COMMAND [ARGUMENT…], with the password on standard input")
            exit(64)
        }
        let client = try RingbackClient(baseURL: url)
        try await client.signIn(arguments[2], password: password, deviceName: "Example")
        let stack = try MediaStack(Array(arguments[3...]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await answerOneCall(client, stack) }
            group.addTask { try await passOn(stack, client) }
            // The first one to end also ends the other.
            try await group.next()
            group.cancelAll()
        }
        stack.stop()
        try await client.signOut()
    }

    /// From the server to the stack.
    private static func answerOneCall(_ client: RingbackClient, _ stack: MediaStack) async throws {
        var callId: CallID?
        for try await event in client.events() {
            if case .snapshot = event.kind { say("listening") }
            if callId != nil, event.callId != callId { continue }
            switch event.kind {
            case .incoming(let call):
                callId = call.callId
                try await client.handle(call).alerting()
                try await client.handle(call).accept()
            case .offer(let offer):
                try stack.send(
                    .init(type: "offer", callId: offer.callId, negotiation: offer.negotiation, sdp: offer.sdpText))
            case .candidates(let candidates, _):
                for candidate in candidates {
                    try stack.send(
                        .init(
                            type: "candidate", candidate: candidate.candidate, sdpMid: candidate.sdpMid,
                            sdpMLineIndex: candidate.sdpMLineIndex))
                }
            case .ended(let call):
                say("ended \(call.reason?.rawValue ?? "")")
                return
            default: break
            }
        }
    }

    /// From the stack to the server.
    private static func passOn(_ stack: MediaStack, _ client: RingbackClient) async throws {
        for try await message in stack.messages {
            guard let callId = message.callId else { continue }
            switch message.type {
            case "answer":
                try await client.sendAnswer(callId, sdp: message.sdp ?? "", negotiation: message.negotiation ?? 1)
            case "connected": try await client.connected(callId)
            case "picture": break
            default: continue
            }
            say(message.type)
        }
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
