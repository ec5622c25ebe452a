import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackCore

struct UserTurnsTests {
    private let turns = UserTurns()
    private let vasya = Cast.vasya.userId
    private let petya = Cast.petya.userId

    @Test func `A user's second turn begins when the first has been passed on`() async {
        await turns.take(vasya)
        let (entries, continuation) = AsyncStream.makeStream(of: Int.self)
        let waiting = (1...3).map { number in
            Task { [turns, vasya] in
                await turns.take(vasya)
                continuation.yield(number)
                turns.pass(vasya)
            }
        }
        continuation.yield(0)
        turns.pass(vasya)
        for task in waiting { await task.value }
        continuation.finish()
        var order: [Int] = []
        for await number in entries { order.append(number) }
        #expect(order.first == 0 && order.sorted() == [0, 1, 2, 3])
        await turns.take(vasya)
    }

    @Test func `Nobody waits for the turn of another user`() async {
        await turns.take(vasya)
        await turns.take(petya)
        turns.pass(petya)
        await turns.take(petya)
    }
}
