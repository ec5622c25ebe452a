import RingbackCore
import RingbackModel
import RingbackTesting
import Synchronization
import Testing

/// Which devices the server hears from, by what they do and when.
struct PresenceBoardTests {
    private let start = ManualTime.start

    private func board() -> PresenceBoard { PresenceBoard {} }

    private func at(_ seconds: Double) -> Timestamp { start + .milliseconds(Int64(seconds * 1000)) }

    /// Whether the user is present once the board was swept at this moment.
    private func isPresent(_ participant: Participant, on board: PresenceBoard, at seconds: Double) -> Bool {
        board.sweep(at: at(seconds))
        return board.isPresent(participant.userId)
    }

    @Test func `A device with an open stream is present until shortly after it closes`() {
        let board = board()
        #expect(!board.isPresent(Cast.vasya.userId) && board.lastSeen(Cast.vasya.userId) == nil)
        board.opened(Cast.vasya, at: start)
        #expect(isPresent(Cast.vasya, on: board, at: 100_000))
        #expect(!board.isPresent(Cast.petya.userId))
        board.closed(Cast.vasya, isPoll: false, at: at(100_010))
        #expect(board.lastSeen(Cast.vasya.userId) == at(100_010))
        #expect(isPresent(Cast.vasya, on: board, at: 100_012.999))
        #expect(!isPresent(Cast.vasya, on: board, at: 100_013))
    }

    @Test func `After a poll a device is present for 40 seconds, and a little longer`() {
        let board = board()
        board.opened(Cast.vasya, at: start)
        board.closed(Cast.vasya, isPoll: true, at: at(10))
        #expect(isPresent(Cast.vasya, on: board, at: 52.999))
        #expect(!isPresent(Cast.vasya, on: board, at: 53))
    }

    @Test func `One open stream of several devices is enough`() {
        let board = board()
        for device in [Cast.vasya, Cast.vasya, Cast.vasyaTablet] { board.opened(device, at: start) }
        board.closed(Cast.vasya, isPoll: false, at: at(1))
        board.closed(Cast.vasyaTablet, isPoll: false, at: at(1))
        #expect(isPresent(Cast.vasya, on: board, at: 1000))
        board.closed(Cast.vasya, isPoll: false, at: at(1001))
        #expect(!isPresent(Cast.vasya, on: board, at: 1004))
    }

    @Test func `Coming and going is told once, going a little late`() {
        let board = board()
        board.opened(Cast.vasya, at: start)
        let came = board.takeChanges()
        #expect(came.users == [Cast.vasya.userId] && came.signaling == [Cast.vasya: true])
        #expect(board.takeChanges().isEmpty)
        board.opened(Cast.vasya, at: at(1))
        board.sweep(at: at(2))
        #expect(board.takeChanges().isEmpty)
        for second in [3, 4] { board.closed(Cast.vasya, isPoll: false, at: at(Double(second))) }
        board.sweep(at: at(6.999))
        #expect(board.takeChanges().isEmpty)
        board.sweep(at: at(7))
        let went = board.takeChanges()
        #expect(went.users == [Cast.vasya.userId] && went.signaling == [Cast.vasya: false])
        board.sweep(at: at(8))
        #expect(board.takeChanges().isEmpty)
    }

    @Test func `A page that reloads is not taken for lost`() {
        let board = board()
        board.opened(Cast.vasya, at: start)
        _ = board.takeChanges()
        board.closed(Cast.vasya, isPoll: false, at: at(10))
        board.sweep(at: at(11))
        board.sweep(at: at(12.999))
        board.opened(Cast.vasya, at: at(12.999))
        for second in 13..<30 { board.sweep(at: at(Double(second))) }
        #expect(board.takeChanges().isEmpty)
    }

    @Test func `A device that polls is lost 40 seconds after its last poll, and back with the next`() {
        let board = board()
        board.opened(Cast.vasya, at: start)
        board.closed(Cast.vasya, isPoll: true, at: at(25))
        _ = board.takeChanges()
        board.sweep(at: at(64.999))
        #expect(board.takeChanges().signaling == [:])
        board.sweep(at: at(65))
        #expect(board.takeChanges().signaling == [Cast.vasya: false])
        board.sweep(at: at(68))
        #expect(board.takeChanges().users == [Cast.vasya.userId], "gone 3 seconds after that")
        board.opened(Cast.vasya, at: at(70))
        let back = board.takeChanges()
        #expect(back.signaling == [Cast.vasya: true] && back.users == [Cast.vasya.userId])
    }

    @Test func `Requests alone are signaling, and no presence`() {
        let board = board()
        board.signaled(Cast.vasya, at: start)
        #expect(!board.isPresent(Cast.vasya.userId))
        #expect(board.takeChanges().signaling == [Cast.vasya: true])
        board.signaled(Cast.vasya, at: at(30))
        board.sweep(at: at(69.999))
        #expect(board.takeChanges().isEmpty)
        board.sweep(at: at(70))
        let changes = board.takeChanges()
        #expect(changes.signaling == [Cast.vasya: false] && changes.users == [])
    }

    @Test func `A request before the stream closes counts for as long as requests do`() {
        let board = board()
        board.opened(Cast.vasya, at: start)
        board.closed(Cast.vasya, isPoll: true, at: at(10))
        board.opened(Cast.vasya, at: at(11))
        board.closed(Cast.vasya, isPoll: false, at: at(12))
        _ = board.takeChanges()
        #expect(isPresent(Cast.vasya, on: board, at: 49), "the poll's time still runs")
        #expect(board.takeChanges().isEmpty)
    }

    @Test func `A device that signs out is gone at once`() {
        let board = board()
        board.opened(Cast.vasya, at: start)
        _ = board.takeChanges()
        board.forget(Cast.vasya)
        #expect(!board.isPresent(Cast.vasya.userId))
        #expect(board.takeChanges().users == [Cast.vasya.userId])
        #expect(board.takeUnsaved() == [:])
        board.forget(Cast.vasya)
        #expect(board.takeChanges().isEmpty)
        board.closed(Cast.vasya, isPoll: false, at: at(1))
        #expect(!board.isPresent(Cast.vasya.userId), "its stream closes after that")
    }

    @Test func `When devices were seen is given out once, to be stored`() {
        let board = board()
        board.opened(Cast.vasya, at: start)
        board.signaled(Cast.petya, at: at(1))
        board.signaled(Cast.vasya, at: at(2))
        #expect(board.takeUnsaved() == [Cast.vasya.deviceId: at(2), Cast.petya.deviceId: at(1)])
        #expect(board.takeUnsaved() == [:])
        #expect(board.isPresent(Cast.vasya.userId), "it stays in memory")
    }

    @Test func `Who observes is called when there is something new to take, and not again before it was taken`() {
        let count = Counter()
        let board = PresenceBoard { count.add() }
        board.opened(Cast.vasya, at: start)
        board.opened(Cast.petya, at: start)
        #expect(count.value == 1)
        _ = board.takeChanges()
        board.signaled(Cast.vasya, at: at(1))
        #expect(count.value == 1)
        board.forget(Cast.petya)
        #expect(count.value == 2)
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        func add() { count.withLock { $0 += 1 } }
        var value: Int { count.withLock(\.self) }
    }
}
