/// When calls do not ring on any device of a user. A call then ends as for a user whose devices do not answer, and is a
/// missed call.
public struct DoNotDisturb: Hashable, Sendable, Codable {
    /// Until when calls do not ring.
    public var until: Timestamp?
    /// The hours of each day in which calls do not ring.
    public var hours: Hours?

    /// Hours of each day, by the clock of a place, also when it changes to or from daylight saving time.
    public struct Hours: Hashable, Sendable, Codable {
        /// The first minute.
        public var from: TimeOfDay
        /// The first minute after them. Before ``from``, it is one of the next day.
        public var to: TimeOfDay
        /// A name of the IANA time zone database, such as `Europe/Berlin`.
        public var timeZone: String

        /// Creates daily hours.
        public init(from: TimeOfDay, to: TimeOfDay, timeZone: String) {
            self.from = from
            self.to = to
            self.timeZone = timeZone
        }

        /// Whether a time of the day is within the hours.
        package func contains(_ time: TimeOfDay) -> Bool {
            from.minutes < to.minutes
                ? time.minutes >= from.minutes && time.minutes < to.minutes
                : time.minutes >= from.minutes || time.minutes < to.minutes
        }
    }

    /// Creates a setting; without arguments, calls always ring.
    public init(until: Timestamp? = nil, hours: Hours? = nil) {
        self.until = until
        self.hours = hours
    }

    /// Whether calls always ring.
    public var isEmpty: Bool { until == nil && hours == nil }
}

/// A minute of the day, with the text `HH:MM`.
public struct TimeOfDay: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The minutes since midnight, from 0 to 1439.
    public let minutes: Int

    /// - Returns: `nil` if `minutes` is not within a day.
    public init?(minutes: Int) {
        guard (0..<1440).contains(minutes) else { return nil }
        self.minutes = minutes
    }

    /// - Returns: `nil` if `text` does not have the form `HH:MM`.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"),
            [0, 1, 3, 4].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[$0]) })
        else { return nil }
        let digits = bytes.map { Int($0) - 48 }
        let (hour, minute) = (digits[0] * 10 + digits[1], digits[3] * 10 + digits[4])
        guard hour < 24, minute < 60 else { return nil }
        minutes = hour * 60 + minute
    }

    public var description: String {
        let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let time = TimeOfDay(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no time of the form HH:MM")
        }
        self = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension DoNotDisturb: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.optionalField("until", until)
            if let hours {
                json.name("hours")
                json.object { json in
                    json.field("from", hours.from.description)
                    json.field("to", hours.to.description)
                    json.field("timeZone", hours.timeZone)
                }
            }
        }
    }

    /// - Returns: `nil` for JSON that was not written by ``write(to:)``.
    package init?(_ json: JSONSlice) {
        guard json.kind == .object else { return nil }
        if let text = json["until"]?.string {
            guard let time = Timestamp(text) else { return nil }
            until = time
        }
        if let hours = json["hours"] {
            guard let from = hours["from"]?.string.flatMap({ TimeOfDay($0) }),
                let to = hours["to"]?.string.flatMap({ TimeOfDay($0) }), let zone = hours["timeZone"]?.string
            else { return nil }
            self.hours = Hours(from: from, to: to, timeZone: zone)
        }
    }
}
