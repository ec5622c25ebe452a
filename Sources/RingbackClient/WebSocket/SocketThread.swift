/// What the thread of a ``SocketConnection`` does, from connecting to the end.
struct SocketThread {
    private let makeWire: () throws -> SocketWire
    private let mailbox: Mailbox<SocketConnection.Piece>

    init(_ mailbox: Mailbox<SocketConnection.Piece>, _ makeWire: @escaping () throws -> SocketWire) {
        (self.mailbox, self.makeWire) = (mailbox, makeWire)
    }

    /// - Throws: Why it ended, if nobody asked for it.
    func run() throws {
        guard let socket = try open() else { return }
        mailbox.push(.opened, cost: 0)
        try exchange(socket)
    }

    /// - Returns: `nil` when it is to be closed.
    private func open() throws -> (any OpenSocket)? {
        guard LibcurlSocket.isAvailable else { return try WslaySocket(makeWire()) }
        do {
            return try LibcurlSocket(makeWire())
        } catch let refusal as Refusal {
            // A server that is busy is not asked twice. Of every other, what it says is worth another request; if it agrees
            // this time, all the better.
            if refusal.head.status >= 500 || refusal.head.status == 429 { try refusal.tell([]) }
            return try WslaySocket(makeWire())
        }
    }

    private func exchange(_ socket: some OpenSocket) throws {
        let wire = socket.wire
        var heardAt = ContinuousClock.now
        while !wire.isClosing() {
            guard mailbox.hasRoom() else {
                wire.rest()
                heardAt = .now
                continue
            }
            guard let news = try socket.receive() else {
                try wire.wait(by: heardAt + wire.request.network.silenceTimeout)
                continue
            }
            heardAt = .now
            for message in news.messages { mailbox.push(.message(message), cost: message.count) }
            if let end = news.end { throw end }
        }
        socket.close()
    }
}
