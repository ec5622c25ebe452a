import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackPostgres

/// The database's clock as a node keeps it.
struct DatabaseTimeTests {
    private let own = ManualTime()
    private let time: DatabaseTime

    init() { time = DatabaseTime(own) }

    @Test func `It is the node's own clock until the database was asked, and the database's from then on`() {
        #expect(time.now == ManualTime.start)
        time.take(ManualTime.start + .seconds(3600), askedAt: own.monotonic)
        #expect(time.now == ManualTime.start + .seconds(3600))
        own.advance(by: .seconds(10))
        #expect(time.now == ManualTime.start + .seconds(3610))
        time.take(ManualTime.start - .seconds(60), askedAt: own.monotonic)
        #expect(time.now == ManualTime.start - .seconds(60))
    }

    @Test func `An answer that took long changes it only as far as it must`() {
        let start = ManualTime.start + .seconds(3600)
        time.take(start, askedAt: own.monotonic)
        let asked = own.monotonic
        own.advance(by: .seconds(4))
        // Read at some moment of the four seconds.
        time.take(start + .seconds(1), askedAt: asked)
        #expect(time.now == start + .seconds(4))
        time.take(start - .seconds(1), askedAt: asked)
        #expect(time.now == start + .seconds(3), "it was ahead by a second at least")
        time.take(start + .seconds(9), askedAt: asked)
        #expect(time.now == start + .seconds(9), "it was behind by at least six")
    }
}
