extension String {
    /// Calls `body` with the string's UTF-8, where it is if it lies in one piece. ``Swift/String/withUTF8(_:)`` changes the
    /// string, and so needs one of its own: a copy, which is counted.
    @inlinable
    package func readUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        if let result = try utf8.withContiguousStorageIfAvailable(body) { return result }
        var own = self
        return try own.withUTF8(body)
    }
}

/// What a client has sent is compared by its bytes, or is checked to be ASCII before. Swift's `==`, `<` and hashes take texts for
/// equal that Unicode does, and for that sort each run of combining marks, in a time that grows with the square of its
/// length: 64 KB of them take half a second.
extension StringProtocol {
    /// Whether it is the same bytes as another text.
    @inlinable
    package func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether it is a text of ASCII's small letters, in whatever case.
    @inlinable
    package func isCase(of other: String) -> Bool {
        utf8.elementsEqual(other.utf8) { (0x41...0x5A).contains($0) ? $0 | 0x20 == $1 : $0 == $1 }
    }
}

extension String {
    @inlinable
    package var isASCII: Bool { readUTF8 { utf8 in utf8.reduce(0) { $0 | $1 } < 0x80 } }
}
