import Foundation
import RingbackModel
import RingbackTesting
import Testing

struct TimestampTests {
    private static let end: Int64 = 253_402_300_799_999

    @Test(
        "Moments are written in UTC with milliseconds, and read again",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (999, "1970-01-01T00:00:00.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (1_077_926_399_000, "2004-02-27T23:59:59.000Z"), (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_740_787_199_999, "2025-02-28T23:59:59.999Z"), (1_740_787_200_000, "2025-03-01T00:00:00.000Z"),
            (1_769_851_800_125, "2026-01-31T09:30:00.125Z"), (1_798_761_599_999, "2026-12-31T23:59:59.999Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (end, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func known(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text) == Timestamp(milliseconds: milliseconds))
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `Random times are read back unchanged`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<10_000 {
            let moment = Timestamp(milliseconds: Int64.random(in: 0...Self.end, using: &generator))
            #expect(Timestamp(moment.description) == moment, "seed \(seed)")
        }
    }

    @Test func `Every day of four centuries has the date that Foundation gives it`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for day in stride(from: 0, to: 146_097 as Int64, by: 11) {
            let date = Date(timeIntervalSince1970: TimeInterval(day * 86_400))
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let text = Timestamp(milliseconds: day * 86_400_000).description.prefix(10).split(separator: "-").map {
                Int($0)
            }
            try #require(text == [parts.year, parts.month, parts.day], "day \(day)")
        }
    }

    @Test(
        "Moments beyond what RFC 3339 can say are written as the nearest it can",
        arguments: [
            (-1, "1970-01-01T00:00:00.000Z"), (.min, "1970-01-01T00:00:00.000Z"), (end + 1, "9999-12-31T23:59:59.999Z"),
            (.max, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func bounds(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test func `Digits of a second may be absent`() {
        #expect(Timestamp("2026-01-31T09:30:00Z") == Timestamp(milliseconds: 1_769_851_800_000))
    }

    @Test(
        "What is not a time in UTC is refused",
        arguments: [
            "", "2026-01-31", "2026-01-31T09:30:00", "2026-01-31T09:30:00.125", "2026-01-31T09:30:00+00:00",
            "2026-01-31 09:30:00Z", "2026-01-31t09:30:00z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
            "2026-01-32T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T09:60:00Z",
            "2026-01-31T09:30:60Z", "2026-01-31T09:30:00.12Z", "2026-01-31T09:30:00,125Z", "2026-1-31T09:30:00.0Z0Z",
            "２026-01-31T09:30Z", "2026-01-31T09:30:00.-25Z", "-026-01-31T09:30:00Z", "2026-02-30T00:00:00Z",
            "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2100-02-29T00:00:00.000Z", "aaaa-bb-ccTdd:ee:ff.gggZ",
        ])
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `Arithmetic with durations is in milliseconds`() {
        let moment = Timestamp(milliseconds: 1000)
        #expect(moment + .seconds(2) == Timestamp(milliseconds: 3000))
        #expect(moment - .milliseconds(1500) == Timestamp(milliseconds: -500))
        #expect(moment + .microseconds(1999) == Timestamp(milliseconds: 1001))
        #expect(Timestamp(milliseconds: 5000) - moment == .seconds(4))
        #expect(moment < Timestamp(milliseconds: 1001))
        #expect(Duration.seconds(-1).milliseconds == -1000)
    }

    @Test func `Codable uses the text`() throws {
        let moment = Timestamp(milliseconds: 1_769_851_800_125)
        let data = try JSONEncoder().encode([moment])
        #expect(String(decoding: data, as: UTF8.self) == #"["2026-01-31T09:30:00.125Z"]"#)
        #expect(try JSONDecoder().decode([Timestamp].self, from: data) == [moment])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Timestamp].self, from: Data(#"["noon"]"#.utf8))
        }
    }
}
