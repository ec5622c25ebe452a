import GRDB
import RingbackCore
import RingbackModel
import RingbackSQLite
import RingbackTesting
import Testing

/// A database of an earlier version has everything that it had.
struct MigrationTests {
    private let database: TemporaryDatabase
    private let id = Cast.callID()

    init() throws { database = try TemporaryDatabase() }

    /// A call under way, as version 1 of the schema had it: an offer, two candidates, one of them in an event each.
    private static let call = #"""
        INSERT INTO users (user_id, display_name, password_hash, busy, created_at)
        VALUES ('vasya', 'Vasya', '', 'wait', 0), ('petya', 'Petya', '', 'wait', 0);
        INSERT INTO calls (id, call_id, caller_id, caller_device, callee_id, callee_device, state, audio, video, custom,
            concealed, merged, negotiation, open_offerer, open_since, event_count, timeline_count, created_at, rings_until,
            accepted_at, deadline, caller_connected, caller_answered, caller_candidates, callee_connected, callee_answered,
            callee_candidates, caller_media)
        VALUES (7, 'call-1000000', 'vasya', 'vasya-phone', 'petya', 'petya-phone', 'connecting', 1, 0, CAST('{"a":1}' AS BLOB),
            0, 0, 1, 'caller', 1000, 4, 3, 5, 60000, 900, 30900, 0, 0, 1, 0, 0, 1, CAST('{"held":true}' AS BLOB));
        INSERT INTO call_legs VALUES (7, 0, 'petya-phone', 'accepted', NULL, 1),
            (7, 1, 'petya-tablet', 'stopped', 'accepted_elsewhere', 0);
        INSERT INTO timeline VALUES (7, 1, 5, 'invited', 'vasya', 'vasya-phone', NULL),
            (7, 2, 1767225599999, 'accepted', 'petya', 'petya-phone', NULL),
            (7, 3, 1767225600007, 'negotiation_lapsed', NULL, NULL, '1');
        INSERT INTO quality VALUES (7, 'vasya', 'vasya-phone', 5, CAST('{}' AS BLOB));
        INSERT INTO events (id, user_id, position, previous, only_device, type, time, body) VALUES
            (1, 'petya', 1, NULL, 'petya-phone', 'call.offer', 1000, CAST('"id":"x.1","type":"call.offer","callId":"call-1000000","actor":{"userId":"vasya","deviceId":"vasya-phone"},"data":{"callId":"call-1000000","negotiation":1,"description":{"type":"offer","sdp":"v=0"},"iceRestart":false,"from":{"userId":"vasya","deviceId":"vasya-phone"}}' AS BLOB)),
            (2, 'petya', 2, 1, 'petya-phone', 'call.candidates', 1001, CAST('"id":"x.2","callId":"call-1000000","actor":{"userId":"vasya","deviceId":"vasya-phone"},"data":{"candidates":[{"candidate":"v"}]}' AS BLOB)),
            (3, 'vasya', 1, NULL, 'vasya-phone', 'call.candidates', 1002, CAST('"id":"x.3","callId":"call-1000000","actor":{"userId":"petya","deviceId":"petya-phone"},"data":{"negotiation":1,"candidates":[{"candidate":"p"}]}' AS BLOB));
        INSERT INTO candidates VALUES (7, 1, 'vasya', 'vasya-phone', NULL, 1001, CAST('{}' AS BLOB));
        INSERT INTO descriptions VALUES (7, 1, 'offer', 0, 'vasya', 'vasya-phone', 1000, CAST('""' AS BLOB));
        """#

    @Test func `A call under way goes on, with its legs, timeline, offer and candidates`() async throws {
        #expect(try SQLiteStore.migrate(path: database.path, through: 1) == [1])
        try await DatabaseQueue(path: database.path).write { try $0.execute(sql: Self.call) }
        let store = try SQLiteStore(path: database.path)
        let found = try await store.read { store in try store.call(id) }
        let call = try #require(found)
        #expect(call.state == .connecting && call.custom == Cast.json(#"{"a":1}"#) && call.negotiation == 1)
        #expect(call.openNegotiation == .init(number: 1, offerer: .caller, openedAt: Timestamp(milliseconds: 1000)))
        #expect(call.callerSide.media == Cast.json(#"{"held":true}"#) && call.eventCount == 4)
        #expect(
            call.legs == [
                .init(device: Cast.petya.deviceId, state: .accepted, hasAlerted: true),
                .init(device: Cast.petyaTablet.deviceId, state: .stopped, reason: "accepted_elsewhere"),
            ])
        let timeline = try await store.read { try $0.timeline(of: id) }
        #expect(timeline.map(\.what) == ["invited", "accepted", "negotiation_lapsed"])
        #expect(timeline.map(\.time.milliseconds) == [5, 1_767_225_599_999, 1_767_225_600_007])
        #expect(timeline.map(\.actor) == [Cast.vasya, Cast.petya, nil] && timeline.map(\.detail) == [nil, nil, "1"])
        #expect(try await store.read { try $0.newestDescription(.offer, of: id) }?.sdp == Cast.json(#""v=0""#))
        let petyas = try await store.read { try $0.candidates(of: id, from: Cast.petya.userId, after: 0, limit: 9) }
        #expect(petyas.map(\.position) == [2] && petyas.first?.candidate == Cast.json(#"{"candidate":"p"}"#))
        let calls = CallService(store: store, time: ManualTime(Timestamp(milliseconds: 2000)))
        let answer = try await calls.sendAnswer(Cast.json(#""a""#), negotiation: 1, on: id, by: Cast.petya)
        #expect(answer.status == 201)
        guard
            case .events(let events) = try await store.read({ try $0.events(of: Cast.vasya.userId, after: 0, limit: 9) }
            )
        else {
            Issue.record("the log is gone")
            return
        }
        #expect(events.map(\.position) == [1, 2])
        #expect(try await store.pragma("integrity_check") == "ok")
    }
}
