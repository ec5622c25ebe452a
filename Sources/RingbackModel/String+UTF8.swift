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
