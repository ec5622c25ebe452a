import Foundation
import RingbackClient
import Testing

struct FirstCallTests {
    @Test func `the article's code is the code that is compiled here`() throws {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let source = try String(contentsOf: here.appendingPathComponent("FirstCall.swift"), encoding: .utf8)
        let article = try String(
            contentsOf: here.appendingPathComponent(
                "../../Sources/RingbackClient/RingbackClient.docc/FirstCall.md"), encoding: .utf8)
        func between(_ text: String, _ begin: String, _ end: String) throws -> [String] {
            let parts = text.components(separatedBy: begin)
            return try #require(parts.count == 2 ? parts[1].components(separatedBy: end).first : nil)
                .split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
        #expect(try between(source, "// snippet begin", "// snippet end") == between(article, "```swift", "```"))
    }

    @Test func `the article's code calls`() async throws {
        let server = try await TestServer.start()
        _ = try await RingbackClient.signedIn("vasya", at: server)
        let petya = try await RingbackClient.signedIn("petya", at: server)
        let cursor = try await petya.pollEvents().cursor
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await firstCall(server.url, "correct horse") { "v=0\r\n" } }
            for try await event in petya.events(after: cursor) {
                if case .incoming(let call) = event.kind {
                    try await petya.handle(call).alerting()
                    try await petya.handle(call).accept()
                }
                guard case .offer(let offer) = event.kind else { continue }
                try await petya.sendAnswer(offer.callId, sdp: "v=0\r\n", negotiation: 1)
                try await petya.hangUp(offer.callId)
                break
            }
            try await group.waitForAll()
        }
    }
}
