import RingbackModel
import Synchronization

extension TestDevice {
    /// Begins to listen without a cursor: a snapshot of the live calls, followed by events.
    @discardableResult
    package func listen(over transport: Transport? = nil) async throws -> Welcome {
        let welcome = try await open(over: transport ?? self.transport, from: nil)
        state.withLock { $0.cursor = welcome.cursor }
        return welcome
    }

    /// Continues from the device's cursor, over the given transport.
    ///
    /// - Throws: ``ListeningRefused`` if the cursor has expired and the transport is not a WebSocket.
    @discardableResult
    package func resume(over transport: Transport? = nil) async throws -> Welcome {
        let welcome = try await open(over: transport ?? self.transport, from: state.withLock { $0.cursor })
        if welcome.recovered == false { state.withLock { $0.cursor = welcome.cursor } }
        return welcome
    }

    /// Replaces the device's cursor.
    package func adopt(cursor: String) { state.withLock { $0.cursor = cursor } }

    /// The device's cursor.
    package var cursor: String? { state.withLock { $0.cursor } }

    /// Closes the device's stream or socket. A device with long polls stops polling.
    package func stopListening() async { await detachSource()?.close() }

    /// Removes the device's stream or socket without closing it.
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

    /// Listens to a source that was opened elsewhere.
    func begin(_ source: any EventSource, over transport: Transport) {
        state.withLock { state in
            state.source = source
            state.transport = transport
        }
    }
}
