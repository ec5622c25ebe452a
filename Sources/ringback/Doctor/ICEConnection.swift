/// A connection to a STUN or TURN server. Its methods block for a bounded time.
protocol ICEConnection {
    /// Whether messages arrive as a stream of bytes instead of packets.
    var isStream: Bool { get }

    /// - Returns: Whether everything was sent.
    func send(_ bytes: [UInt8]) -> Bool

    /// - Returns: The bytes that arrived; `nil` at the end, and after a timeout.
    func read(atMost count: Int) -> [UInt8]?
}

extension ICEConnection {
    /// Sends a request and waits for its response. Packets are sent up to three times.
    func exchange(_ request: STUNMessage, key: [UInt8]? = nil) -> STUNMessage? {
        let bytes = request.bytes(key: key)
        // For all attempts together, whatever else arrives meanwhile.
        let deadline = ContinuousClock.now + .seconds(7)
        for _ in 0..<(isStream ? 1 : 3) {
            guard send(bytes) else { return nil }
            while let answer = receive(by: deadline) {
                if answer.transaction == request.transaction { return answer }
            }
        }
        return nil
    }

    private func receive(by deadline: ContinuousClock.Instant) -> STUNMessage? {
        let most = 2048
        var message: [UInt8] = []
        repeat {
            // From a stream, no more than the message, because another one may follow.
            let wanted = !isStream ? most : message.count < 20 ? 20 : min(most, Self.length(message))
            guard ContinuousClock.now < deadline, wanted > message.count,
                let bytes = read(atMost: wanted - message.count)
            else { return nil }
            message += bytes
        } while isStream && (message.count < 20 || message.count < min(most, Self.length(message)))
        return STUNMessage(parsing: message)
    }

    private static func length(_ head: [UInt8]) -> Int { 20 + Int(head[2]) << 8 + Int(head[3]) }
}

/// Why a server can't be reached, and what to do about it.
struct ICEFailure: Error {
    var text: String
    var advice = "Correct the address, or start the server."
}
