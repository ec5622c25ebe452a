import Foundation
import RingbackModel

/// The parts of a text, taken from its beginning, without copies of what is passed over.
struct TextParts {
    /// What was not taken.
    private(set) var rest: UnsafeBufferPointer<UInt8>

    init(_ text: UnsafeBufferPointer<UInt8>) { rest = text }

    /// Takes what is before the next separator, and that; without one, all the rest.
    ///
    /// - Returns: `nil` at the end of the text.
    mutating func next(before separator: Unicode.Scalar) -> UnsafeBufferPointer<UInt8>? {
        guard let start = rest.baseAddress, !rest.isEmpty else { return nil }
        let count =
            memchr(start, Int32(separator.value), rest.count).map { UnsafeRawPointer($0) - UnsafeRawPointer(start) }
            ?? rest.count
        let taken = min(count + 1, rest.count)
        rest = UnsafeBufferPointer(start: start + taken, count: rest.count - taken)
        return UnsafeBufferPointer(start: start, count: count)
    }

    mutating func word() -> String? { next(before: " ").map { String(decoding: $0, as: UTF8.self) } }

    mutating func integer() -> Int64? { word().flatMap { Int64($0) } }

    mutating func user() -> UserID? { word().flatMap { UserID($0) } }

    mutating func device() -> DeviceID? { word().flatMap { DeviceID($0) } }
}
