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
        #expect((whole.read(Array(text.utf8)) != nil) == isTaken)
        // Byte by byte it is the same.
        var slow = ChunkSizes(most: 100)
        #expect(text.utf8.allSatisfy { slow.read([$0]) != nil } == isTaken)
    }

    @Test(arguments: ["", "a: b\r\n", "a: b\r\nc: 0\r\n"]) func `The empty line behind the trailers is the end`(
        trailers: String
    ) {
        let body = "5\r\nhello\r\n0\r\n\(trailers)\r\n"
        var whole = ChunkSizes(most: 100)
        #expect(whole.read(Array((body + "GET /").utf8)) == body.utf8.count && whole.hasEnded)
        var slow = ChunkSizes(most: 100)
        for byte in body.utf8 {
            #expect(!slow.hasEnded)
            #expect(slow.read([byte]) == 1)
        }
        #expect(slow.hasEnded)
    }
}
