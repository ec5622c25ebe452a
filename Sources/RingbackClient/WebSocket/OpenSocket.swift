/// A WebSocket that is open, whoever makes its frames. Used by one thread.
protocol OpenSocket {
    var wire: SocketWire { get }

    /// What has come; `nil` if there is nothing at the moment.
    ///
    /// Pings and a close are answered here.
    /// - Throws: ``RingbackError`` when the connection is lost.
    func receive() throws -> SocketNews?

    /// Says goodbye, if that goes at once.
    func close()
}

/// What came over a WebSocket in one go.
struct SocketNews {
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

    var brokenFrames: RingbackError {
        .unexpectedResponse(UnexpectedResponse(nil, "its frames break the WebSocket protocol"))
    }
}

extension RingbackError {
    /// The other side has ended the connection without a word.
    static var closedByServer: RingbackError {
        .transport(TransportFailure(kind: .connectionLost, detail: "the server closed the connection"))
    }
}
