/// A time in milliseconds since 1970-01-01T00:00:00Z; in JSON, RFC 3339 in UTC: `2026-01-31T09:30:00.125Z`.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z; negative before.
    public var milliseconds: Int64

    /// Creates a time from milliseconds since 1970-01-01T00:00:00Z.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// The time `duration` later. Fractions of a millisecond are dropped.
    public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds &+ duration.milliseconds)
    }

    /// The time `duration` earlier. Fractions of a millisecond are dropped.
    public static func - (moment: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds &- duration.milliseconds)
    }

    /// The duration from `earlier` to `later`.
    public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .milliseconds(later.milliseconds &- earlier.milliseconds)
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero.
    public var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1000 &+ attoseconds / 1_000_000_000_000_000
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339, section 5.6, in UTC with three digits of a second.
    public var description: String { withUTF8 { String(decoding: $0, as: UTF8.self) } }

    /// Calls `body` with the 24 ASCII bytes of the RFC 3339 form.
    package func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let clamped = min(max(milliseconds, 0), 253_402_300_799_999)
        let (days, dayPart) = (clamped / 86_400_000, clamped % 86_400_000)
        let (year, month, day) = Self.civil(fromDays: days)
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { text in
            let zeroes: StaticString = "0000-00-00T00:00:00.000Z"
            _ = text.initialize(from: UnsafeBufferPointer(start: zeroes.utf8Start, count: 24))
            func put(_ value: Int64, at place: Int) {
                text[place] += UInt8(truncatingIfNeeded: value / 10)
                text[place + 1] += UInt8(truncatingIfNeeded: value % 10)
            }
            put(year / 100, at: 0)
            put(year % 100, at: 2)
            put(month, at: 5)
            put(day, at: 8)
            put(dayPart / 3_600_000, at: 11)
            put(dayPart / 60_000 % 60, at: 14)
            put(dayPart / 1000 % 60, at: 17)
            put(dayPart % 1000 / 10, at: 20)
            text[22] += UInt8(truncatingIfNeeded: dayPart % 10)
            return body(UnsafeBufferPointer(text))
        }
    }

    /// Parses the form that ``description`` has; the fraction of a second may be absent.
    ///
    /// - Returns: `nil` for anything else, including other time zones.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            return value
        }
        guard bytes.count == 20 || bytes.count == 24, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            bytes[bytes.count - 1] == UInt8(ascii: "Z"), bytes.count == 20 || bytes[19] == UInt8(ascii: "."),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let fraction = bytes.count == 24 ? number(20..<23) : 0,
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        // A day that the month does not have would be a day of the next month.
        guard Self.civil(fromDays: days).day == day else { return nil }
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second
        self.init(milliseconds: seconds * 1000 + fraction)
    }

    /// Days since 1970-01-01 to the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let z = days + 719_468
        let era = z / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let mp = (5 * dayOfYear + 2) / 153
        let month = mp < 10 ? mp + 3 : mp - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * mp + 2) / 5 + 1)
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let moment = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 time in UTC")
        }
        self = moment
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
