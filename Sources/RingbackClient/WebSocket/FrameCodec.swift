import CLibcurl

/// WebSocket framing (RFC 6455) with wslay, between the bytes of the network and messages.
///
/// wslay reassembles fragments, answers pings and close frames, masks outgoing frames and validates UTF-8. For use by
/// one thread.
final class FrameCodec {
    /// The messages received.
    private(set) var messages: [[UInt8]] = []
    /// The close frame received; its code is 1005 if it has none.
    private(set) var close: (code: UInt16, reason: String)?
    /// A close frame with one byte of payload was received, which wslay accepts contrary to RFC 6455, section 5.5.1.
    private var hasHalfCode = false
    private var output: [UInt8] = []
    private var input: ArraySlice<UInt8> = []
    private var headCheck: FrameHeadCheck
    private var context: wslay_event_context_ptr?

    /// - Parameter maximumBytes: The maximum length of a message.
    init?(maximumBytes: Int) {
        headCheck = FrameHeadCheck(maximumBytes: maximumBytes)
        var callbacks = wslay_event_callbacks()
        callbacks.recv_callback = { context, buffer, count, _, me in
            guard let buffer, let me else { return -1 }
            let codec = Unmanaged<FrameCodec>.fromOpaque(me).takeUnretainedValue()
            guard !codec.input.isEmpty else {
                wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK.rawValue)
                return -1
            }
            let taken = codec.input.prefix(count)
            _ = UnsafeMutableBufferPointer(start: buffer, count: taken.count).update(fromContentsOf: taken)
            codec.input = codec.input.dropFirst(taken.count)
            return taken.count
        }
        callbacks.send_callback = { _, bytes, count, _, me in
            guard let bytes, let me else { return -1 }
            let codec = Unmanaged<FrameCodec>.fromOpaque(me).takeUnretainedValue()
            codec.output.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
            return count
        }
        callbacks.genmask_callback = { _, mask, count, _ in
            var generator = SystemRandomNumberGenerator()
            for index in 0..<count { mask?[index] = .random(in: .min ... .max, using: &generator) }
            return 0
        }
        callbacks.on_msg_recv_callback = { _, argument, me in
            guard let argument, let me else { return }
            let codec = Unmanaged<FrameCodec>.fromOpaque(me).takeUnretainedValue()
            let message = argument.pointee
            let bytes = Array(UnsafeBufferPointer(start: message.msg, count: message.msg_length))
            switch UInt32(message.opcode) {
            case WSLAY_TEXT_FRAME.rawValue, WSLAY_BINARY_FRAME.rawValue: codec.messages.append(bytes)
            case WSLAY_CONNECTION_CLOSE.rawValue where bytes.count == 1: codec.hasHalfCode = true
            case WSLAY_CONNECTION_CLOSE.rawValue:
                codec.close = (
                    message.status_code == 0 ? 1005 : message.status_code,
                    String(decoding: bytes.dropFirst(2), as: UTF8.self)
                )
            default: break
            }
        }
        guard wslay_event_context_client_init(&context, &callbacks, Unmanaged.passUnretained(self).toOpaque()) == 0
        else { return nil }
        wslay_event_config_set_max_recv_msg_length(context, UInt64(maximumBytes))
    }

    deinit { wslay_event_context_free(context) }

    /// Processes bytes from the network.
    ///
    /// - Returns: `false` if they violate the protocol or a message is too long. ``takeOutput()`` then returns the
    ///   close frame for the server.
    func receive(_ bytes: some Collection<UInt8>) -> Bool {
        guard headCheck.isPassed(by: bytes) else {
            queueClose(UInt16(WSLAY_CODE_PROTOCOL_ERROR.rawValue))
            return false
        }
        input = Array(bytes)[...]
        guard wslay_event_recv(context) == 0, !hasHalfCode else { return false }
        return wslay_event_get_read_enabled(context) != 0 || close != nil
    }

    func takeMessages() -> [[UInt8]] {
        defer { messages = [] }
        return messages
    }

    /// Queues a text message for the server.
    func queueText(_ text: [UInt8]) {
        text.withUnsafeBufferPointer { text in
            var message = wslay_event_msg(
                opcode: UInt8(WSLAY_TEXT_FRAME.rawValue), msg: text.baseAddress, msg_length: text.count)
            // wslay copies the message.
            wslay_event_queue_msg(context, &message)
        }
    }

    /// Queues a close frame.
    func queueClose(_ code: UInt16) { wslay_event_queue_close(context, code, nil, 0) }

    /// The bytes to send to the server, such as pongs and close frames.
    func takeOutput() -> [UInt8] {
        if wslay_event_want_write(context) != 0 { wslay_event_send(context) }
        defer { output = [] }
        return output
    }
}
