import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

struct DoNotDisturbTests {
    private func hours(_ from: String, _ to: String, _ timeZone: String) throws -> DoNotDisturb {
        DoNotDisturb(
            hours: .init(from: try #require(TimeOfDay(from)), to: try #require(TimeOfDay(to)), timeZone: timeZone))
    }

    /// Berlin is an hour before UTC, from 29 March to 25 October 2026 two hours.
    @Test(arguments: [
        ("2026-03-28T20:59:59.999Z", false), ("2026-03-28T21:00:00.000Z", true), ("2026-03-28T23:00:00.000Z", true),
        ("2026-03-29T00:59:00.000Z", true), ("2026-03-29T04:59:59.999Z", true), ("2026-03-29T05:00:00.000Z", false),
        ("2026-03-28T05:59:59.999Z", true), ("2026-03-28T06:00:00.000Z", false),
        ("2026-10-24T05:00:00.000Z", false), ("2026-10-24T19:59:59.999Z", false), ("2026-10-24T20:00:00.000Z", true),
        ("2026-10-25T00:30:00.000Z", true), ("2026-10-25T01:30:00.000Z", true), ("2026-10-25T05:59:59.999Z", true),
        ("2026-10-25T06:00:00.000Z", false),
    ])
    func `Hours of the night follow the clock of the place`(time: String, isActive: Bool) throws {
        #expect(try hours("22:00", "07:00", "Europe/Berlin").isActive(at: #require(Timestamp(time))) == isActive)
    }

    @Test(arguments: [
        ("2026-01-31T03:29:00.000Z", false), ("2026-01-31T03:30:00.000Z", true), ("2026-01-31T07:29:59.999Z", true),
        ("2026-01-31T07:30:00.000Z", false), ("1969-12-31T05:00:00.000Z", true),
    ])
    func `Hours of the day end on the same day`(time: String, isActive: Bool) throws {
        #expect(try hours("09:00", "13:00", "Asia/Kolkata").isActive(at: #require(Timestamp(time))) == isActive)
    }

    @Test func `A time ends the setting, and nothing is active without one`() {
        let setting = DoNotDisturb(until: ManualTime.start)
        #expect(setting.isActive(at: ManualTime.start - .milliseconds(1)))
        #expect(!setting.isActive(at: ManualTime.start))
        #expect(!DoNotDisturb().isActive(at: ManualTime.start) && DoNotDisturb().stored == nil)
    }

    @Test func `What is stored is read back`() throws {
        var setting = try hours("22:05", "07:00", "Europe/Berlin")
        setting.until = ManualTime.start
        let text = try #require(setting.stored)
        #expect(try DoNotDisturb(#require(JSONSlice(kept: Array(text.utf8)))) == setting)
    }

    @Test(arguments: ["24:00", "7:00", "07:60", "07-00", "07:0a", "", "07:000", "−7:00"])
    func `A time of the day has two digits each`(text: String) { #expect(TimeOfDay(text) == nil) }

    @Test func `A time zone has to be known`() throws {
        #expect(try hours("22:00", "07:00", "America/Argentina/Buenos_Aires").hours?.hasKnownTimeZone == true)
        #expect(try hours("22:00", "07:00", "Europe/Atlantis").hours?.hasKnownTimeZone == false)
        #expect(try !hours("00:00", "23:59", "Europe/Atlantis").isActive(at: ManualTime.start))
    }
}
