/// An open WebSocket. For use by one thread.
protocol OpenSocket {
    var wire: SocketWire { get }

    /// What has arrived; `nil` if nothing has.
    ///
    /// Answers pings and close frames.
    ///
    /// - Throws: ``RingbackError`` if the connection is lost.
    func receive() throws -> SocketInput?

    /// Queues a text message, to be written by ``flush()``. The previous message must have been written.
    func send(_ text: [UInt8]) throws

    /// Writes as much as possible without waiting.
    ///
    /// - Returns: Whether everything has been written.
    /// - Throws: ``RingbackError`` if the connection is lost.
    func flush() throws -> Bool

    /// Sends a close frame if it can be written at once.
    func close()
}

/// The input of one read.
struct SocketInput {
    var messages: [[UInt8]] = []
    /// Why the connection has ended, if it has.
    var end: (any Error)?
}

/// The close frame of the server.
struct SocketClosed: Error {
    var code: UInt16
    var reason: String
}

extension OpenSocket {
    /// The maximum length of a message in bytes.
    static var maximumBytes: Int { 16 << 20 }

    /// The maximum number of bytes waiting to be written: a request, and pongs.
    static var maximumOutput: Int { 1 << 20 }

    var brokenFrames: RingbackError {
        .unexpectedResponse(UnexpectedResponse(nil, "its frames violate the WebSocket protocol"))
    }
}

extension RingbackError {
    /// The server does not read what it is sent.
    static var notRead: RingbackError {
        .transport(TransportFailure(kind: .timedOut, detail: "the server does not read from the socket"))
    }

    /// The server has closed the connection without a close frame.
    static var closedByServer: RingbackError {
        .transport(TransportFailure(kind: .connectionLost, detail: "the server closed the connection"))
    }
}
