import Benchmark
import RingbackCore
import RingbackModel
import Synchronization

/// An event from the commit to its readers, in memory: publishing, the wake-up, and reading.
func benchmarkFeed() {
    Benchmark("ring: publish one, read it", configuration: .init(scalingFactor: .kilo)) { benchmark in
        let database = try TemporaryStore()
        let feed = EventFeed(store: database.store)
        benchmark.startMeasurement()
        for position in benchmark.scaledIterations {
            feed.publish([event(at: position)], now: Fixture.now)
            blackHole(try read(position, from: feed))
        }
        benchmark.stopMeasurement()
    }

    for readers in [1, 16] {
        Benchmark("wake-up: one event, \(readers) subscribed", configuration: .init(scalingFactor: .kilo)) {
            benchmark in
            let database = try TemporaryStore()
            let feed = EventFeed(store: database.store)
            let woken = Atomic(0)
            for _ in 0..<readers { _ = feed.subscribe(Fixture.petya) { woken.add(1, ordering: .relaxed) } }
            benchmark.startMeasurement()
            for position in benchmark.scaledIterations { feed.publish([event(at: position)], now: Fixture.now) }
            benchmark.stopMeasurement()
            precondition(woken.load(ordering: .relaxed) == readers * benchmark.scaledIterations.count)
        }
    }
}

private func event(at index: Int) -> StoredEvent {
    StoredEvent(
        user: Fixture.petya.userId, position: Int64(index) + 1, only: nil, except: nil, body: Fixture.storedCandidate)
}

private func read(_ index: Int, from feed: EventFeed) throws -> EventFeed.Page {
    let cursor = Cursor(epoch: feed.epoch, position: Int64(index))
    guard let page = try feed.readNewest(after: cursor, for: Fixture.petya, limit: 100), page.events.count == 1 else {
        fatalError("the ring doesn't have what was published")
    }
    return page
}
