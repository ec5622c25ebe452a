import CurlTransport

/// The work of the thread of a ``SocketConnection``, from connecting to closing.
struct SocketThread {
    private let connection: SocketConnection
    private let makeWire: () throws -> SocketWire

    init(_ connection: SocketConnection, _ makeWire: @escaping () throws -> SocketWire) {
        (self.connection, self.makeWire) = (connection, makeWire)
    }

    /// - Throws: Why the connection ended, unless it was closed by the client.
    func run() throws {
        guard let socket = try open() else { return }
        connection.incoming.push(.opened, cost: 0)
        try exchange(socket)
    }

    /// - Returns: `nil` if the socket is to be closed.
    private func open() throws -> (any OpenSocket)? {
        guard LibcurlSocket.isAvailable else { return try WslaySocket(makeWire()) }
        do {
            return try LibcurlSocket(makeWire())
        } catch let refusal as Refusal {
            // libcurl does not provide the body of a refusal, so the handshake is repeated to read the problem, unless
            // the server is overloaded.
            if refusal.head.status >= 500 || refusal.head.status == 429 { try refusal.tell([]) }
            return try WslaySocket(makeWire())
        }
    }

    private func exchange(_ socket: some OpenSocket) throws {
        let wire = socket.wire
        var heardAt = ContinuousClock.now
        var writtenAt = ContinuousClock.now
        while !connection.isClosing {
            guard connection.incoming.hasRoom() else {
                // Answers are not read now either.
                connection.offerRequests(false)
                wire.rest()
                (heardAt, writtenAt) = (.now, .now)
                continue
            }
            connection.offerRequests(true)
            let isWritten = try write(socket)
            if isWritten { writtenAt = .now }
            guard let input = try socket.receive() else {
                let deadline = heardAt + wire.network.silenceTimeout
                try wire.wait(
                    by: isWritten ? deadline : min(deadline, writtenAt + wire.network.requestTimeout),
                    writing: !isWritten)
                continue
            }
            heardAt = .now
            for message in input.messages { connection.take(message) }
            if let end = input.end { throw end }
        }
        connection.offerRequests(false)
        socket.close()
    }

    /// - Returns: Whether everything has been written.
    private func write(_ socket: some OpenSocket) throws -> Bool {
        while try socket.flush() {
            guard let message = connection.nextRequest() else { return true }
            try socket.send(message)
        }
        return false
    }
}
