import NIOCore

/// Buffers for what the connections of one event loop write. They are used again once they have been sent: to allocate
/// one costs as much as to write a short message.
///
/// For use on the event loop.
final class WriteBuffers {
    /// The usual number of bytes written at a time.
    private static let usualBytes = 2048
    private static let maximumBytes = 8192
    private static let maximumCount = 64
    private static let allocator = ByteBufferAllocator()

    private var spare: [ByteBuffer] = []

    /// An empty buffer.
    func take() -> ByteBuffer {
        guard var buffer = spare.popLast() else { return Self.allocator.buffer(capacity: Self.usualBytes) }
        // Gets other memory if its own has not been sent yet.
        buffer.clear(minimumCapacity: Self.usualBytes)
        return buffer
    }

    /// - Parameter buffer: Has been passed to a channel.
    func giveBack(_ buffer: ByteBuffer) {
        if spare.count < Self.maximumCount, buffer.capacity <= Self.maximumBytes { spare.append(buffer) }
    }
}
