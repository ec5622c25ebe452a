import RingbackCore
import RingbackModel

extension FieldReader {
    /// The member `doNotDisturb`.
    mutating func doNotDisturb() -> DoNotDisturb? {
        object("doNotDisturb") { reader in
            var setting = DoNotDisturb()
            if let text = reader.text("until", characters: 1...40) {
                setting.until = Timestamp(text)
                if setting.until == nil { reader.fail("until", "must be a time such as 2026-01-31T22:00:00.000Z") }
            }
            setting.hours = reader.object("hours") { $0.hours() }
            return setting
        }
    }

    private mutating func hours() -> DoNotDisturb.Hours? {
        var times: [TimeOfDay] = []
        for name in ["from", "to"] {
            guard let text = self.text(name, characters: 1...40, isRequired: true) else { continue }
            if let time = TimeOfDay(text) {
                times.append(time)
            } else {
                fail(name, "must be a time such as 22:00")
            }
        }
        guard let zone = text("timeZone", characters: 1...64, isRequired: true), times.count == 2 else {
            return nil
        }
        let hours = DoNotDisturb.Hours(from: times[0], to: times[1], timeZone: zone)
        if times[0] == times[1] { fail("to", "must not be the same as from") }
        if !hours.hasKnownTimeZone { fail("timeZone", "must be a time zone such as Europe/Berlin") }
        return hours
    }
}
