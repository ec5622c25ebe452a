import RingbackModel
import Synchronization

extension TestDevice {
    /// Begins to listen without a cursor: the live calls as they are now, and what comes after.
    @discardableResult
    package func listen(over transport: Transport? = nil) async throws -> Welcome {
        let welcome = try await open(over: transport ?? self.transport, from: nil)
        state.withLock { $0.cursor = welcome.cursor }
        return welcome
    }

    /// Goes on from where the device stopped, perhaps over another transport.
    ///
    /// - Throws: ``ListeningRefused`` when the cursor is gone and the transport is not a WebSocket.
    @discardableResult
    package func resume(over transport: Transport? = nil) async throws -> Welcome {
        let welcome = try await open(over: transport ?? self.transport, from: state.withLock { $0.cursor })
        if welcome.recovered == false { state.withLock { $0.cursor = welcome.cursor } }
        return welcome
    }

    /// Forgets where it stopped and takes another cursor for its own.
    package func adopt(cursor: String) { state.withLock { $0.cursor = cursor } }

    /// The device's place in the log.
    package var cursor: String? { state.withLock { $0.cursor } }

    /// Closes the device's stream or socket; a device on long-poll simply polls no more.
    package func stopListening() async { await detachSource()?.close() }

    /// Lets go of the device's stream or socket without closing it.
    func detachSource() -> (any EventSource)? {
        state.withLock { state in
            defer { state.source = nil }
            return state.source
        }
    }

    /// Closes everything.
    package func close() async {
        await stopListening()
        await http.close()
    }

    private func open(over transport: Transport, from cursor: String?) async throws -> Welcome {
        await stopListening()
        let (source, welcome): (any EventSource, Welcome) =
            switch transport {
            case .longPoll: try await LongPollSource.open(self, from: cursor)
            case .sse: try await StreamSource.open(self, from: cursor)
            case .webSocket: try await SocketSource.open(self, from: cursor)
            }
        begin(source, over: transport)
        return welcome
    }

    /// Listens to a source that was opened in some other way.
    func begin(_ source: any EventSource, over transport: Transport) {
        state.withLock { state in
            state.source = source
            state.transport = transport
        }
    }
}
