import Foundation
package import RingbackModel

extension DoNotDisturb {
    /// Returns whether calls do not ring now. A time zone that this machine does not know has no hours.
    package func isActive(at now: Timestamp) -> Bool {
        if let until, now < until { return true }
        guard let hours, let zone = TimeZone(identifier: hours.timeZone) else { return false }
        let seconds = now.milliseconds / 1000
        let local = seconds + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds))))
        // The remainder of a time before 1970 is negative.
        let minutes = Int((local % 86_400 + 86_400) % 86_400 / 60)
        return TimeOfDay(minutes: minutes).map { hours.contains($0) } ?? false
    }
}

extension DoNotDisturb.Hours {
    /// Whether the time zone is known.
    package var hasKnownTimeZone: Bool { timeZone.utf8.count <= 64 && TimeZone(identifier: timeZone) != nil }
}

extension DoNotDisturb {
    /// The JSON of a store; `nil` if calls always ring.
    package var stored: String? {
        guard !isEmpty else { return nil }
        var json = JSONWriter()
        write(to: &json)
        return String(decoding: json.finish(), as: UTF8.self)
    }
}
