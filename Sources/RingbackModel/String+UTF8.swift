#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

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
        guard utf8.count == other.utf8.count else { return false }
        // Compares the contiguous storage, which is faster than iterating over the bytes.
        return other.readUTF8 { other in
            utf8.withContiguousStorageIfAvailable { SameLength($0, other).areSame } ?? utf8.elementsEqual(other)
        }
    }

    /// Whether the text equals `other`, ignoring the case of ASCII letters. `other` must be lowercase.
    @inlinable
    package func isCase(of other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return other.readUTF8 { other in
            utf8.withContiguousStorageIfAvailable { SameLength($0, other).areSameInLowercase }
                ?? Array(utf8).withUnsafeBufferPointer { SameLength($0, other).areSameInLowercase }
        }
    }
}

/// The bytes of two texts of the same length. Not generic, so that other modules use compiled code.
@usableFromInline
struct SameLength {
    private let a: UnsafeBufferPointer<UInt8>
    private let b: UnsafeBufferPointer<UInt8>

    @usableFromInline
    init(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) { (self.a, self.b) = (a, b) }

    @usableFromInline
    var areSame: Bool { a.isEmpty || memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0 }

    /// Whether `a` with ASCII letters in lowercase is `b`.
    @usableFromInline
    var areSameInLowercase: Bool {
        for index in a.indices where a[index] != b[index] {
            guard (0x41...0x5A).contains(a[index]), a[index] | 0x20 == b[index] else { return false }
        }
        return true
    }
}

extension String {
    @inlinable
    package var isASCII: Bool { readUTF8 { utf8 in utf8.reduce(0) { $0 | $1 } < 0x80 } }
}
