import RingbackCore
import RingbackModel
import RingbackTesting
import Synchronization
import Testing

/// Reading the log after a cursor, from memory where possible, and wake-ups.
struct EventFeedTests {
    private let exchange: Exchange
    private let feed: EventFeed

    init() async throws {
        exchange = try await Exchange.withCast()
        feed = EventFeed(store: exchange.store)
    }

    private func publishFromNowOn() {
        exchange.store.observeCommits { [feed, time = exchange.time] commit in
            feed.publish(commit.events, now: time.monotonic)
        }
    }

    private func append(_ count: Int, bytes: Int = 0, to audience: Transition.Audience = .init(user: Cast.vasya.userId))
        async throws
    {
        let text = String(repeating: "x", count: bytes)
        let event = EventBody(
            type: .callRinging, time: exchange.time.now, callId: Cast.callID(), callSeq: 1, actor: nil
        ) {
            $0.field("text", text)
        }
        try await exchange.store.change { store in for _ in 0..<count { try store.append(event, to: [audience]) } }
    }

    private func cursor(_ position: Int64) -> Cursor { Cursor(epoch: feed.epoch, position: position) }

    private func isExpired(_ cursor: Cursor) async -> Bool {
        let problem = await #expect(throws: Problem.self) {
            try await feed.read(after: cursor, for: Cast.vasya, limit: 10)
        }
        return problem?.code == .cursorExpired
    }

    @Test func `A reader that is up to date is answered from memory once the database was read`() async throws {
        publishFromNowOn()
        try await append(2, to: .init(user: Cast.petya.userId))
        feed.forgetEvents(before: exchange.time.monotonic + .seconds(1))
        #expect(try feed.readNewest(after: cursor(2), for: Cast.petya, limit: 10) == nil)
        _ = try await feed.read(after: cursor(2), for: Cast.petya, limit: 10)
        let page = try feed.readNewest(after: cursor(2), for: Cast.petya, limit: 10)
        #expect(page?.events.isEmpty == true && page?.cursor == cursor(2) && page?.hasMore == false)
        #expect(try feed.readNewest(after: cursor(1), for: Cast.petya, limit: 10) == nil, "forgotten")
        #expect(try feed.readNewest(after: cursor(3), for: Cast.petya, limit: 10) == nil, "not of this log")
        try await append(1, to: .init(user: Cast.petya.userId))
        #expect(try feed.readNewest(after: cursor(2), for: Cast.petya, limit: 10)?.events.map(\.position) == [3])
    }

    @Test func `Forgetting events keeps the newest position while there are readers`() async throws {
        publishFromNowOn()
        let subscription = feed.subscribe(Cast.vasya) {}
        try await append(3)
        feed.forgetEvents(before: exchange.time.monotonic + .seconds(1))
        #expect(try feed.readNewest(after: cursor(2), for: Cast.vasya, limit: 10) == nil)
        #expect(try feed.readNewest(after: cursor(3), for: Cast.vasya, limit: 10)?.events.isEmpty == true)
        feed.unsubscribe(subscription)
        feed.forgetEvents(before: exchange.time.monotonic + .seconds(1))
        #expect(try feed.readNewest(after: cursor(3), for: Cast.vasya, limit: 10) == nil)
    }

    /// The missed events of a reconnecting client used to be read twice: for the welcome and for the delivery.
    @Test func `Events that were read from the store stay in memory until they are removed`() async throws {
        try await append(40)
        let page = try await feed.read(after: cursor(10), for: Cast.vasya, limit: 100, keepsRead: true)
        #expect(page.events.map(\.position) == Array(11...40) && !page.hasMore)
        let known = try feed.readNewest(after: cursor(12), for: Cast.vasyaTablet, limit: 100)
        #expect(known?.events.map(\.position) == Array(13...40))
        #expect(try feed.readNewest(after: cursor(9), for: Cast.vasya, limit: 100) == nil, "it may be read later")
        let subscription = feed.subscribe(Cast.vasya) {}
        feed.forgetEvents(before: exchange.time.monotonic)
        #expect(try feed.readNewest(after: cursor(12), for: Cast.vasya, limit: 100) == nil)
        #expect(try feed.readNewest(after: cursor(40), for: Cast.vasya, limit: 100)?.events.isEmpty == true)
        feed.unsubscribe(subscription)
    }

    /// After a restart the missed events of all users that poll were in memory for half a minute.
    @Test func `Of events that are not asked for again only the newest position stays in memory`() async throws {
        try await append(40)
        let page = try await feed.read(after: cursor(10), for: Cast.vasya, limit: 100)
        #expect(page.events.count == 30)
        #expect(try feed.readNewest(after: cursor(10), for: Cast.vasya, limit: 100) == nil)
        #expect(try feed.readNewest(after: cursor(40), for: Cast.vasya, limit: 100)?.events.isEmpty == true)
    }

    /// After a restart the missed events of all users were in memory for half a minute.
    @Test(arguments: [1, 2])
    func `Events that were read from the store leave memory with their only reader`(readers: Int) async throws {
        try await append(40)
        let subscriptions = (0..<readers).map { _ in feed.subscribe(Cast.vasya) {} }
        _ = try await feed.read(after: cursor(10), for: Cast.vasya, limit: 100, keepsRead: true)
        #expect(try feed.readNewest(after: cursor(10), for: Cast.vasya, limit: 100)?.events.count == 30)
        #expect((try feed.readNewest(after: cursor(10), for: Cast.vasya, limit: 100) == nil) == (readers == 1))
        #expect(try feed.readNewest(after: cursor(40), for: Cast.vasya, limit: 100)?.events.isEmpty == true)
        publishFromNowOn()
        try await append(1)
        for _ in 0..<2 {
            #expect(try feed.readNewest(after: cursor(40), for: Cast.vasya, limit: 100)?.events.count == 1)
        }
        for subscription in subscriptions { feed.unsubscribe(subscription) }
    }

    @Test func `After a gap, memory starts again`() async throws {
        try await append(1)
        _ = try await feed.read(after: cursor(0), for: Cast.vasya, limit: 10)
        try await append(1)
        publishFromNowOn()
        try await append(1)
        #expect(try feed.readNewest(after: cursor(1), for: Cast.vasya, limit: 10) == nil, "the second was not heard of")
        #expect(try feed.readNewest(after: cursor(2), for: Cast.vasya, limit: 10)?.events.map(\.position) == [3])
    }

    @Test(arguments: [true, false])
    func `A page is the same from memory and from the database`(isPublished: Bool) async throws {
        if isPublished { publishFromNowOn() }
        try await append(3)
        try await append(1, to: .init(user: Cast.vasya.userId, except: Cast.vasya.deviceId))
        try await append(1, to: .init(user: Cast.vasya.userId, only: Cast.vasya.deviceId))
        try await append(1, to: .init(user: Cast.vasya.userId, only: Cast.vasyaTablet.deviceId))
        #expect(try (feed.readNewest(after: cursor(0), for: Cast.vasya, limit: 10) != nil) == isPublished)

        let all = try await feed.read(after: cursor(0), for: Cast.vasya, limit: 10)
        #expect(all.events.map(\.position) == [1, 2, 3, 5] && all.cursor == cursor(6) && !all.hasMore)
        let tablet = try await feed.read(after: cursor(2), for: Cast.vasyaTablet, limit: 10)
        #expect(tablet.events.map(\.position) == [3, 4, 6] && tablet.cursor == cursor(6))
        let page = try await feed.read(after: cursor(2), for: Cast.vasya, limit: 2)
        #expect(page.events.map(\.position) == [3] && page.cursor == cursor(4) && page.hasMore)
        let last = try await feed.read(after: cursor(5), for: Cast.vasya, limit: 10)
        #expect(last.events.isEmpty && last.cursor == cursor(6), "others' events are passed over")
        let none = try await feed.read(after: cursor(6), for: Cast.vasya, limit: 10)
        #expect(none.events.isEmpty && none.cursor == cursor(6) && !none.hasMore)
    }

    @Test(arguments: [true, false])
    func `A page ends with the event that fills it`(isPublished: Bool) async throws {
        if isPublished { publishFromNowOn() }
        try await append(7, bytes: Limits.pageBytes / 2 - 1000)
        var position: Int64 = 0
        var pages: [[Int64]] = []
        repeat {
            let page = try await feed.read(after: cursor(position), for: Cast.vasya, limit: 1000)
            pages.append(page.events.map(\.position))
            position = page.cursor.position
            #expect(page.hasMore == (pages.count < 3))
        } while position < 7 && pages.count < 9
        #expect(pages == [[1, 2, 3], [4, 5, 6], [7]])
    }

    @Test(arguments: [true, false])
    func `A cursor that is not of this log has expired`(isPublished: Bool) async throws {
        if isPublished { publishFromNowOn() }
        try await append(2)
        #expect(await isExpired(cursor(3)))
        #expect(await isExpired(Cursor(epoch: "other", position: 1)))
        #expect(await isExpired(Cursor(epoch: feed.epoch + "x", position: 0)))
    }

    @Test func `Events no longer in memory come from the database, without a gap`() async throws {
        publishFromNowOn()
        for _ in 0..<30 { try await append(10) }
        #expect(try feed.readNewest(after: cursor(0), for: Cast.vasya, limit: 10) == nil)
        var position: Int64 = 0
        var found: [Int64] = []
        while true {
            let page = try await feed.read(after: cursor(position), for: Cast.vasya, limit: 7)
            found += page.events.map(\.position)
            position = page.cursor.position
            if !page.hasMore { break }
        }
        #expect(found == Array(1...300))
        #expect(try feed.readNewest(after: cursor(299), for: Cast.vasya, limit: 10)?.events.count == 1)
    }

    /// A new feed used to take the end of a full page for the newest event, so a reader more than a page behind lost
    /// the events between that and the next commit.
    @Test func `A reader more than a page behind after a restart misses nothing`() async throws {
        for _ in 0..<5 { try await append(5) }
        let fresh = EventFeed(store: exchange.store)
        exchange.store.observeCommits { [time = exchange.time] commit in
            fresh.publish(commit.events, now: time.monotonic)
        }
        var position: Int64 = 0
        var found: [Int64] = []
        for count in 0..<2 {
            let page = try await fresh.read(after: cursor(position), for: Cast.vasya, limit: 7)
            #expect(page.hasMore && page.events.count == 7, "page \(count)")
            found += page.events.map(\.position)
            position = page.cursor.position
        }
        try await append(1)
        while true {
            let page = try await fresh.read(after: cursor(position), for: Cast.vasya, limit: 7)
            found += page.events.map(\.position)
            position = page.cursor.position
            if !page.hasMore { break }
        }
        #expect(found == Array(1...26))
    }

    @Test func `Memory is bounded in number and in bytes, and keeps the newest`() async throws {
        publishFromNowOn()
        try await append(500)
        #expect(try feed.readNewest(after: cursor(500 - 33), for: Cast.vasya, limit: 1000) == nil)
        #expect(try feed.readNewest(after: cursor(500 - 16), for: Cast.vasya, limit: 1000)?.events.count == 16)
        try await append(20, bytes: 60_000)
        #expect(try feed.readNewest(after: cursor(520 - 10), for: Cast.vasya, limit: 1000) == nil)
        #expect(try feed.readNewest(after: cursor(519), for: Cast.vasya, limit: 1000)?.events.count == 1)
        let page = try await feed.read(after: cursor(500), for: Cast.vasya, limit: 100)
        #expect(page.events.map(\.position) == [501, 502, 503, 504, 505] && page.hasMore)
    }

    @Test func `Users' events are kept apart`() async throws {
        publishFromNowOn()
        try await append(2)
        try await append(1, to: .init(user: Cast.petya.userId))
        #expect(
            try await feed.read(after: cursor(0), for: Cast.petya, limit: 9).events.map(\.user) == [Cast.petya.userId])
    }

    @Test func `Old events are forgotten, and come from the database again`() async throws {
        publishFromNowOn()
        try await append(2)
        feed.forgetEvents(before: exchange.time.monotonic)
        #expect(try feed.readNewest(after: cursor(0), for: Cast.vasya, limit: 9) != nil)
        feed.forgetEvents(before: exchange.time.monotonic + .milliseconds(1))
        #expect(try feed.readNewest(after: cursor(0), for: Cast.vasya, limit: 9) == nil)
        #expect(try await feed.read(after: cursor(0), for: Cast.vasya, limit: 9, keepsRead: true).events.count == 2)
        try await append(1)
        #expect(try await feed.read(after: cursor(0), for: Cast.vasya, limit: 9).events.map(\.position) == [1, 2, 3])
        #expect(
            try feed.readNewest(after: cursor(0), for: Cast.vasya, limit: 9)?.events.count == 3,
            "what was read is known")
    }

    // MARK: Waking

    private final class WakeCounter: Sendable {
        private let wakes = Mutex(0)
        func wake() { wakes.withLock { $0 += 1 } }
        var count: Int { wakes.withLock(\.self) }
    }

    @Test func `Only the readers for which an event is meant are woken`() async throws {
        publishFromNowOn()
        let counters = Cast.devices.map { _ in WakeCounter() }
        let subscriptions = zip(Cast.devices, counters).map { device, counter in
            feed.subscribe(device, wake: counter.wake)
        }
        #expect(feed.readerCount == 4)
        try await append(1)
        #expect(counters.map(\.count) == [1, 1, 0, 0])
        try await append(1, to: .init(user: Cast.vasya.userId, only: Cast.vasyaTablet.deviceId))
        #expect(counters.map(\.count) == [1, 2, 0, 0])
        try await append(1, to: .init(user: Cast.petya.userId, except: Cast.petya.deviceId))
        #expect(counters.map(\.count) == [1, 2, 0, 1])
        try await append(5)
        #expect(counters.map(\.count) == [2, 3, 0, 1], "once for what was committed at once")
        feed.wake(Cast.petya)
        #expect(counters.map(\.count) == [2, 3, 1, 1])
        feed.unsubscribe(subscriptions[0])
        try await append(1)
        #expect(counters.map(\.count) == [2, 4, 1, 1])
        #expect(feed.readerCount == 3)
    }

    private func event(_ position: Int64, of user: UserID = Cast.vasya.userId, except: DeviceID? = nil) -> StoredEvent {
        let body = EventBody(
            type: .callRinging, time: exchange.time.now, callId: Cast.callID(), callSeq: 1, actor: nil
        ) { _ in }
        return StoredEvent(user: user, position: position, only: nil, except: except, body: body)
    }

    /// What is in memory after two events, when another process tells of some up to a position.
    @Test(
        arguments: [
            (told: [3, 4], head: 4, isRead: false, rings: 1),
            (told: [2, 3], head: 3, isRead: false, rings: 1),
            (told: [1, 2], head: 2, isRead: false, rings: 0),
            (told: [], head: 4, isRead: true, rings: 1),
            (told: [4], head: 4, isRead: true, rings: 1),
            (told: [3], head: 5, isRead: true, rings: 2),
        ] as [(told: [Int64], head: Int64, isRead: Bool, rings: Int)])
    func `Another process's events that continue those in memory are not read`(
        told: [Int64], head: Int64, isRead: Bool, rings: Int
    ) async throws {
        try await append(2)
        _ = try await feed.read(after: cursor(0), for: Cast.vasya, limit: 10, keepsRead: true)
        let counter = WakeCounter()
        _ = feed.subscribe(Cast.vasya, wake: counter.wake)
        feed.grew([Cast.vasya.userId: head], events: told.map { event($0) }, now: exchange.time.monotonic)
        let page = try feed.readNewest(after: cursor(1), for: Cast.vasya, limit: 10)
        #expect(page?.events.map(\.position) == (isRead ? nil : Array(2...head)))
        #expect(counter.count == rings)
    }

    @Test func `Another process's events wake those for whom they are, and are kept for no one else`() async throws {
        try await append(1)
        _ = try await feed.read(after: cursor(0), for: Cast.vasya, limit: 10)
        let (phone, tablet) = (WakeCounter(), WakeCounter())
        _ = feed.subscribe(Cast.vasya, wake: phone.wake)
        _ = feed.subscribe(Cast.vasyaTablet, wake: tablet.wake)
        let (vasya, petya) = (Cast.vasya.userId, Cast.petya.userId)
        feed.grew(
            [vasya: 2, petya: 1], events: [event(2, except: Cast.vasya.deviceId), event(1, of: petya)],
            now: exchange.time.monotonic)
        #expect(phone.count == 0 && tablet.count == 1)
        #expect(try feed.readNewest(after: cursor(0), for: Cast.petya, limit: 10) == nil)
    }

    /// A device whose own write comes after another process's event, before it is told of that.
    @Test func `An event for others wakes a reader that may not know of one before it`() async throws {
        try await append(2)
        _ = try await feed.read(after: cursor(0), for: Cast.vasya, limit: 10)
        let phone = WakeCounter()
        _ = feed.subscribe(Cast.vasya, wake: phone.wake)
        feed.publish([event(3, except: Cast.vasya.deviceId)], now: exchange.time.monotonic)
        #expect(phone.count == 0, "it knows the events before")
        feed.publish([event(5, except: Cast.vasya.deviceId)], now: exchange.time.monotonic)
        #expect(phone.count == 1)
        #expect(try feed.readNewest(after: cursor(3), for: Cast.vasya, limit: 10) == nil, "the store has them")
        feed.grew([Cast.vasya.userId: 4], events: [event(4)], now: exchange.time.monotonic)
        #expect(phone.count == 1)
    }

    /// The events of others that such a user's log gets at another process are not taken.
    @Test func `A user is read while there is a reader, and what is in memory without one is not kept for long`()
        async throws
    {
        publishFromNowOn()
        try await append(1)
        let vasya = Cast.vasya.userId
        #expect(!feed.isRead(vasya))
        feed.grew([vasya: 2], now: exchange.time.monotonic)
        #expect(
            try feed.readNewest(after: cursor(0), for: Cast.vasya, limit: 9) == nil, "another process has the newest")
        let subscription = feed.subscribe(Cast.vasya) {}
        #expect(feed.isRead(vasya) && !feed.isRead(Cast.petya.userId))
        feed.unsubscribe(subscription)
        #expect(!feed.isRead(vasya))
    }

    @Test func `A wake-up finds the event in the feed`() async throws {
        publishFromNowOn()
        let found = Mutex<[Int64]>([])
        _ = feed.subscribe(Cast.vasya) { [feed] in
            let page = try? feed.readNewest(after: Cursor(epoch: feed.epoch, position: 0), for: Cast.vasya, limit: 9)
            found.withLock { $0 = page?.events.map(\.position) ?? [] }
        }
        try await append(1)
        #expect(found.withLock(\.self) == [1])
    }

    @Test func `A closed feed wakes all readers, and later ones immediately`() {
        let (early, late) = (WakeCounter(), WakeCounter())
        _ = feed.subscribe(Cast.vasya, wake: early.wake)
        #expect(!feed.isClosed)
        feed.close()
        _ = feed.subscribe(Cast.petya, wake: late.wake)
        #expect(feed.isClosed && early.count == 1 && late.count == 1)
    }
}
