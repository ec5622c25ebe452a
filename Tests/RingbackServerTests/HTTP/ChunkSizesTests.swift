import Testing

@testable import RingbackServer

/// A chunk that is too large is noticed by its size.
struct ChunkSizesTests {
    @Test(arguments: [
        ("ffffffffffffffff\r\n", false), ("FFFFFFFFFFFFFFFF", false), ("65", false), ("64\r\n", true),
        ("0000000064", true),
        ("5\r\nhello\r\n6", true), ("5\r\nhello\r\n65\r\n", false), ("5;a=ffff\r\nhello\r\n0\r\n\r\n", true),
        ("5\r\nffff\r\r\n5\r\n", true), ("0\r\nffffffff: trailer\r\n\r\n", true), ("", true), ("\r\nfff", true),
    ]) func `Sizes are told from what is between them`(text: String, isTaken: Bool) {
        var whole = ChunkSizes(most: 100)
        #expect(whole.read(Array(text.utf8)) == isTaken)
        // Byte by byte it is the same.
        var slow = ChunkSizes(most: 100)
        #expect(text.utf8.allSatisfy { slow.read([$0]) } == isTaken)
    }

    @Test func `The last chunk is the end`() {
        var sizes = ChunkSizes(most: 100)
        #expect(sizes.read(Array("5\r\nhello\r\n".utf8)) && !sizes.hasEnded)
        #expect(sizes.read(Array("0\r\n".utf8)) && sizes.hasEnded)
    }
}
