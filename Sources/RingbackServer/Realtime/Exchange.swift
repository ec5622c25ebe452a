import NIOCore
import NIOHTTP1

/// One request on its way, and what is to be known of it until it is answered.
class Exchange {
    let head: HTTPRequestHead
    let operation: Operation
    let start = ContinuousClock.now
    let begun = NIODeadline.now()
    /// All of the request has come.
    var isWhole = false

    init(_ head: HTTPRequestHead, _ operation: Operation) {
        self.head = head
        self.operation = operation
    }
}
