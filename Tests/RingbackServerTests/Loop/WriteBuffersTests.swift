import NIOCore
import Testing

@testable import RingbackServer

struct WriteBuffersTests {
    private let buffers = WriteBuffers()

    @Test func `Bytes that have not been sent stay as they are when their buffer is used again`() {
        var first = buffers.take()
        first.writeString("first")
        let unsent = first
        buffers.giveBack(first)
        var second = buffers.take()
        second.writeString("second")
        #expect(unsent == ByteBuffer(string: "first"))
        #expect(second == ByteBuffer(string: "second"))
    }

    @Test func `A buffer is empty when it is used again, and has the same memory`() {
        var buffer = buffers.take()
        buffer.writeString("first")
        let memory = buffer.withUnsafeReadableBytes(\.baseAddress)
        give(&buffer)
        var again = buffers.take()
        #expect(again.readableBytes == 0)
        again.writeString("again")
        #expect(again.withUnsafeReadableBytes(\.baseAddress) == memory)
    }

    @Test func `A buffer that has become large is not kept`() {
        var buffer = buffers.take()
        buffer.writeRepeatingByte(0, count: 100_000)
        give(&buffer)
        #expect(buffers.take().capacity < 10_000)
    }

    /// Gives a buffer back without keeping a reference to its memory.
    private func give(_ buffer: inout ByteBuffer) {
        buffers.giveBack(buffer)
        buffer = ByteBuffer()
    }
}
