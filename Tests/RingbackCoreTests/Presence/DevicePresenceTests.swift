import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// The presence and signaling of devices over time.
struct DevicePresenceTests {
    private let start = ManualTime().moment

    private func at(_ seconds: Double) -> Moment {
        let elapsed = Duration.milliseconds(Int64(seconds * 1000))
        return Moment(wall: start.wall + elapsed, monotonic: start.monotonic + elapsed)
    }

    /// Whether the user is present once the devices were swept at this moment.
    private func isPresent(
        _ participant: Participant, on devices: inout DevicePresence, at seconds: Double
    ) -> Bool {
        devices.sweep(at: at(seconds))
        return devices.isPresent(participant.userId)
    }

    /// With each of 5,000 devices that reconnected, all were looked at again.
    @Test func `Devices are swept at most twice a second`() {
        var devices = DevicePresence()
        devices.opened(Cast.vasya, at: start)
        devices.closed(Cast.vasya, isPoll: false, at: start)
        devices.sweepIfDue(at: at(99.6))
        #expect(!devices.isPresent(Cast.vasya.userId))
        devices.opened(Cast.petya, at: at(0))
        devices.closed(Cast.petya, isPoll: false, at: at(0))
        devices.sweepIfDue(at: at(100))
        #expect(devices.isPresent(Cast.petya.userId))
        devices.sweepIfDue(at: at(100.1))
        #expect(!devices.isPresent(Cast.petya.userId))
    }

    @Test func `A device with an open stream is present until shortly after it closes`() {
        var devices = DevicePresence()
        #expect(!devices.isPresent(Cast.vasya.userId) && devices.lastSeen(Cast.vasya.userId) == nil)
        devices.opened(Cast.vasya, at: start)
        #expect(isPresent(Cast.vasya, on: &devices, at: 100_000))
        #expect(!devices.isPresent(Cast.petya.userId))
        devices.closed(Cast.vasya, isPoll: false, at: at(100_010))
        #expect(devices.lastSeen(Cast.vasya.userId) == at(100_010).wall)
        #expect(isPresent(Cast.vasya, on: &devices, at: 100_012.999))
        #expect(!isPresent(Cast.vasya, on: &devices, at: 100_013))
    }

    @Test func `After a poll a device is present for 40 seconds, and a little longer`() {
        var devices = DevicePresence()
        devices.opened(Cast.vasya, at: start)
        devices.closed(Cast.vasya, isPoll: true, at: at(10))
        #expect(isPresent(Cast.vasya, on: &devices, at: 52.999))
        #expect(!isPresent(Cast.vasya, on: &devices, at: 53))
    }

    @Test func `One open stream of several devices is enough`() {
        var devices = DevicePresence()
        for device in [Cast.vasya, Cast.vasya, Cast.vasyaTablet] { devices.opened(device, at: start) }
        devices.closed(Cast.vasya, isPoll: false, at: at(1))
        devices.closed(Cast.vasyaTablet, isPoll: false, at: at(1))
        #expect(isPresent(Cast.vasya, on: &devices, at: 1000))
        devices.closed(Cast.vasya, isPoll: false, at: at(1001))
        #expect(!isPresent(Cast.vasya, on: &devices, at: 1004))
    }

    @Test func `Coming and going is reported once, going with a delay`() {
        var devices = DevicePresence()
        devices.opened(Cast.vasya, at: start)
        let came = devices.takeChanges()
        #expect(came.users == [Cast.vasya.userId] && came.signaling == [Cast.vasya: true])
        #expect(devices.takeChanges().isEmpty)
        devices.opened(Cast.vasya, at: at(1))
        devices.sweep(at: at(2))
        #expect(devices.takeChanges().isEmpty)
        for second in [3, 4] { devices.closed(Cast.vasya, isPoll: false, at: at(Double(second))) }
        devices.sweep(at: at(6.999))
        #expect(devices.takeChanges().isEmpty)
        devices.sweep(at: at(7))
        let went = devices.takeChanges()
        #expect(went.users == [Cast.vasya.userId] && went.signaling == [Cast.vasya: false])
        devices.sweep(at: at(8))
        #expect(devices.takeChanges().isEmpty)
    }

    @Test func `A page that reloads does not count as lost`() {
        var devices = DevicePresence()
        devices.opened(Cast.vasya, at: start)
        _ = devices.takeChanges()
        devices.closed(Cast.vasya, isPoll: false, at: at(10))
        devices.sweep(at: at(11))
        devices.sweep(at: at(12.999))
        devices.opened(Cast.vasya, at: at(12.999))
        for second in 13..<30 { devices.sweep(at: at(Double(second))) }
        #expect(devices.takeChanges().isEmpty)
    }

    @Test func `A device that polls is lost 40 seconds after its last poll, and back with the next`() {
        var devices = DevicePresence()
        devices.opened(Cast.vasya, at: start)
        devices.closed(Cast.vasya, isPoll: true, at: at(25))
        _ = devices.takeChanges()
        devices.sweep(at: at(64.999))
        #expect(devices.takeChanges().signaling == [:])
        devices.sweep(at: at(65))
        #expect(devices.takeChanges().signaling == [Cast.vasya: false])
        devices.sweep(at: at(68))
        #expect(devices.takeChanges().users == [Cast.vasya.userId], "gone 3 seconds after that")
        devices.opened(Cast.vasya, at: at(70))
        let back = devices.takeChanges()
        #expect(back.signaling == [Cast.vasya: true] && back.users == [Cast.vasya.userId])
    }

    @Test func `Requests alone count as signaling, but not as presence`() {
        var devices = DevicePresence()
        devices.signaled(Cast.vasya, at: start)
        #expect(!devices.isPresent(Cast.vasya.userId))
        #expect(devices.takeChanges().signaling == [Cast.vasya: true])
        devices.signaled(Cast.vasya, at: at(30))
        devices.sweep(at: at(69.999))
        #expect(devices.takeChanges().isEmpty)
        devices.sweep(at: at(70))
        let changes = devices.takeChanges()
        #expect(changes.signaling == [Cast.vasya: false] && changes.users == [])
    }

    @Test func `A request before the stream closes counts for as long as requests do`() {
        var devices = DevicePresence()
        devices.opened(Cast.vasya, at: start)
        devices.closed(Cast.vasya, isPoll: true, at: at(10))
        devices.opened(Cast.vasya, at: at(11))
        devices.closed(Cast.vasya, isPoll: false, at: at(12))
        _ = devices.takeChanges()
        #expect(isPresent(Cast.vasya, on: &devices, at: 49), "the poll's time still runs")
        #expect(devices.takeChanges().isEmpty)
    }

    @Test func `A device that signs out is gone at once`() {
        var devices = DevicePresence()
        devices.opened(Cast.vasya, at: start)
        _ = devices.takeChanges()
        devices.forget(Cast.vasya)
        #expect(!devices.isPresent(Cast.vasya.userId))
        #expect(devices.takeChanges().users == [Cast.vasya.userId])
        #expect(devices.takeUnsaved(at: start) == [:])
        devices.forget(Cast.vasya)
        #expect(devices.takeChanges().isEmpty)
        devices.closed(Cast.vasya, isPoll: false, at: at(1))
        #expect(!devices.isPresent(Cast.vasya.userId), "its stream closes after that")
    }

    @Test func `The times when devices were seen are returned once, to be stored`() {
        var devices = DevicePresence()
        devices.opened(Cast.vasya, at: start)
        devices.signaled(Cast.petya, at: at(1))
        devices.signaled(Cast.vasya, at: at(2))
        #expect(devices.takeUnsaved(at: at(2)) == [Cast.vasya.deviceId: at(2).wall, Cast.petya.deviceId: at(1).wall])
        #expect(devices.takeUnsaved(at: at(2)) == [:])
        #expect(devices.isPresent(Cast.vasya.userId), "it stays in memory")
    }

    /// A page that stayed open for days used to be last seen when it was opened.
    @Test func `The time of a connected device is stored every ten minutes`() {
        var devices = DevicePresence()
        devices.opened(Cast.vasya, at: start)
        devices.opened(Cast.petya, at: start)
        devices.closed(Cast.petya, isPoll: false, at: at(1))
        _ = devices.takeUnsaved(at: at(1))
        #expect(devices.takeUnsaved(at: at(599)) == [:])
        #expect(devices.takeUnsaved(at: at(600)) == [Cast.vasya.deviceId: at(600).wall])
        #expect(devices.takeUnsaved(at: at(1199)) == [:])
        #expect(devices.takeUnsaved(at: at(1200)) == [Cast.vasya.deviceId: at(1200).wall])
    }

    /// With a clock set forward by a day, calls did not ring on connected devices for up to ten minutes.
    @Test(arguments: [86_400, -86_400]) func `After a step of the clock, the time of a device is stored at once`(
        step: Int
    ) {
        var devices = DevicePresence()
        devices.opened(Cast.vasya, at: start)
        _ = devices.takeUnsaved(at: start)
        let stepped = Moment(wall: at(5).wall + .seconds(step), monotonic: at(5).monotonic)
        #expect(devices.takeUnsaved(at: stepped) == [Cast.vasya.deviceId: stepped.wall])
        #expect(devices.takeUnsaved(at: stepped) == [:])
    }

    @Test func `An expected device was not seen`() {
        var devices = DevicePresence()
        devices.expect(Cast.vasya, isLost: false, at: start)
        #expect(devices.lastSeen(Cast.vasya.userId) == nil)
        devices.signaled(Cast.vasya, at: at(1))
        #expect(devices.lastSeen(Cast.vasya.userId) == at(1).wall)
    }

    @Test func `Each change is announced once`() {
        var devices = DevicePresence()
        devices.opened(Cast.vasya, at: start)
        devices.opened(Cast.petya, at: start)
        #expect(devices.takeNews() == [Cast.vasya.userId, Cast.petya.userId])
        #expect(devices.takeNews() == nil)
        devices.signaled(Cast.vasya, at: at(1))
        #expect(devices.takeNews() == nil, "nothing has changed")
        devices.signaled(Cast.stranger, at: at(1))
        #expect(devices.takeNews() == [], "signaling alone")
        devices.forget(Cast.petya)
        #expect(devices.takeNews() == [Cast.petya.userId])
    }

    @Test func `A change that could not be reported is reported later, unless it has been undone`() {
        var devices = DevicePresence()
        devices.signaled(Cast.vasya, at: start)
        devices.putBack([Cast.vasya: false, Cast.petya: false])
        #expect(devices.takeSignaling() == [Cast.vasya: true, Cast.petya: false])
    }

    @Test func `A participating device is lost without contact in time`() {
        var devices = DevicePresence()
        devices.expect(Cast.vasya, isLost: false, at: start)
        devices.expect(Cast.petya, isLost: true, at: start)
        devices.sweep(at: at(39.999))
        #expect(devices.takeSignaling().isEmpty)
        devices.sweep(at: at(40))
        #expect(devices.takeSignaling() == [Cast.vasya: false], "the other was lost already")
    }
}

private struct Changes {
    var users: Set<UserID>
    var signaling: [Participant: Bool]

    var isEmpty: Bool { users.isEmpty && signaling.isEmpty }
}

extension DevicePresence {
    fileprivate mutating func takeChanges() -> Changes {
        Changes(users: takeNews() ?? [], signaling: takeSignaling())
    }
}
