/// An open WebSocket. Used by one thread.
protocol OpenSocket {
    var wire: SocketWire { get }

    /// What has come; `nil` if there is nothing at the moment.
    ///
    /// Pings and a close are answered here.
    /// - Throws: ``RingbackError`` when the connection is lost.
    func receive() throws -> SocketInput?

    /// Takes a text message, to be written by ``flush()``. Only when all before it was.
    func send(_ text: [UInt8]) throws

    /// Writes what can be written without waiting.
    ///
    /// - Returns: Whether everything has been written.
    /// - Throws: ``RingbackError`` when the connection is lost.
    func flush() throws -> Bool

    /// Sends a close frame, if that takes no more than a moment.
    func close()
}

/// What came over a WebSocket in one go.
struct SocketInput {
    var messages: [[UInt8]] = []
    /// Why nothing more comes.
    var end: (any Error)?
}

/// The server's close frame.
struct SocketClosed: Error {
    var code: UInt16
    var reason: String
}

extension OpenSocket {
    /// Bytes that a message may have.
    static var maximumBytes: Int { 16 << 20 }

    /// Bytes that may wait to be written: a request, and answers to pings.
    static var maximumOutput: Int { 1 << 20 }

    var brokenFrames: RingbackError {
        .unexpectedResponse(UnexpectedResponse(nil, "its frames break the WebSocket protocol"))
    }
}

extension RingbackError {
    /// The other side does not read what it is sent.
    static var notRead: RingbackError {
        .transport(TransportFailure(kind: .timedOut, detail: "the server does not read what it is sent"))
    }

    /// The other side has ended the connection without a close frame.
    static var closedByServer: RingbackError {
        .transport(TransportFailure(kind: .connectionLost, detail: "the server closed the connection"))
    }
}
