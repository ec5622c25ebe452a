extension String {
    /// Calls `body` with the string's UTF-8 bytes, without a copy if they are contiguous. ``Swift/String/withUTF8(_:)``
    /// is mutating and would always need a copy.
    @inlinable
    package func readUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        if let result = try utf8.withContiguousStorageIfAvailable(body) { return result }
        var own = self
        return try own.withUTF8(body)
    }
}

/// Comparisons of text that a client has sent. Swift's `==`, `<` and hashing normalize the text, which sorts each run
/// of combining marks in a time that grows with the square of its length: half a second for 64 KB of them. Client text
/// must therefore be compared by its bytes, or be checked to be ASCII first.
extension StringProtocol {
    /// Whether both have the same UTF-8 bytes.
    @inlinable
    package func hasSameBytes(as other: String) -> Bool {
        let (own, others) = (utf8, other.utf8)
        guard own.count == others.count else { return false }
        // Compares the contiguous storage, which is faster than iterating over the bytes.
        let isSame = own.withContiguousStorageIfAvailable { own in
            others.withContiguousStorageIfAvailable { own.elementsEqual($0) }
        }
        return (isSame ?? nil) ?? own.elementsEqual(others)
    }

    /// Whether the text equals `other`, ignoring the case of ASCII letters. `other` must be lowercase.
    @inlinable
    package func isCase(of other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return utf8.elementsEqual(other.utf8) { (0x41...0x5A).contains($0) ? $0 | 0x20 == $1 : $0 == $1 }
    }
}

extension String {
    @inlinable
    package var isASCII: Bool { readUTF8 { utf8 in utf8.reduce(0) { $0 | $1 } < 0x80 } }
}
