import RingbackModel

/// Participants whose signaling is lost.
enum ConnectionCases {
    static let all = [
        timed("A callee that loses its connection and comes back is reconnecting and then online") {
            try await back($0, \.callee)
        },
        timed("A caller that loses its connection and comes back is reconnecting and then online") {
            try await back($0, \.caller)
        },
        timed("A callee that stays away for 60 s after being marked as reconnecting has lost the call") {
            try await lost($0, \.callee)
        },
        timed("A caller that stays away for 60 s after being marked as reconnecting has lost the call") {
            try await lost($0, \.caller)
        },
        timed("A callee's loss while it rings changes nothing", body: ringing),
    ]

    private static func timed(
        _ name: String, body: @escaping @Sendable (ConformanceContext) async throws -> Void
    ) -> ConformanceCase {
        ConformanceCase(name, .call, needs: [.time], body: body)
    }

    /// A call in which one device is away and marked as reconnecting.
    private static func reconnecting(
        _ context: ConformanceContext, _ side: KeyPath<TestCall, TestDevice>
    ) async throws -> (call: TestCall, away: TestDevice, peer: TestDevice) {
        let call = try await context.call(.active)
        let away = call[keyPath: side]
        let peer = call.peer(of: away)
        await away.stopListening()
        // A device with long polls is away 40 s after its last poll, one with a stream or socket when it closes or soon
        // after.
        try await context.pass(upTo: .seconds(90), keeping: peer) { peer.count(.callParticipant, of: call.id) > 0 }
        let event = try await peer.next(.callParticipant, of: call.id)
        try expectEqual(event.data?.text("connection"), "reconnecting", "what the other side hears")
        let view = try await call.current(by: peer)
        try expectEqual(view.state, "active", "the state: media flows peer to peer")
        try expectEqual(view.participant(away)?.text("connection"), "reconnecting", "the connection of who is away")
        try expectEqual(view.participant(peer)?.text("connection"), "online", "the connection of who is there")
        return (call, away, peer)
    }

    private static func back(_ context: ConformanceContext, _ side: KeyPath<TestCall, TestDevice>) async throws {
        let (call, away, peer) = try await reconnecting(context, side)
        try await away.resume()
        try await away.stayInTouch()
        let event = try await peer.next(.callParticipant, of: call.id)
        try expectEqual(event.data?.text("connection"), "online", "what the other side hears")
        try await context.pass(.seconds(70), keeping: peer, away)
        let view = try await call.current(by: peer)
        try expectEqual(view.state, "active", "the state a minute later")
        try expectEqual(view.participant(away)?.text("connection"), "online", "the connection of who is back")
        try await call.hangUp()
    }

    private static func lost(_ context: ConformanceContext, _ side: KeyPath<TestCall, TestDevice>) async throws {
        let (call, away, peer) = try await reconnecting(context, side)
        try await context.pass(.seconds(70), keeping: peer)
        let ended = try await peer.next(.callEnded, of: call.id).call()
        try expectEqual(ended.reason, "connection_lost", "the reason")
        try await away.resume()
        let late = try await away.next(.callEnded, of: call.id).call()
        try expectEqual(late.reason, "connection_lost", "the reason that is heard when the device is back")
    }

    private static func ringing(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let call = try await vasya.call(petya, ringSeconds: 180)
        try await call.ring()
        await petya.stopListening()
        try await context.pass(.seconds(120), keeping: vasya)
        try expectEqual(try await call.current(by: vasya).state, "ringing", "the state two minutes later")
        try await petya.resume()
        try await call.accept()
        try vasya.expectUnheard(.callParticipant, of: call.id, because: "nobody took part yet")
    }
}
