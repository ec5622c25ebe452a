import RingbackCore
import RingbackModel
import Synchronization

/// The devices of all nodes: this node's own in memory, and in rows while there are other nodes to read them.
final class PostgresPresence: PresenceStore {
    fileprivate struct State {
        /// Users whose rows are to be written.
        var dirty: Set<UserID> = []
        /// Users whose rows are being written.
        var writing: Set<UserID> = []
        /// Who waits until there is nothing more to be written of a user.
        var waiting: [UserID: [CheckedContinuation<Void, Never>]] = [:]
        var isScheduled = false
        /// Devices whose loss was given, and that may have come to another node in the same moment.
        var given: Set<Participant> = []
        var observer: (any StoreObserver)?
    }

    private let node: Node
    private let devices: LiveDevices
    private let signals: SignalSender
    private let thread: ConnectionThread
    private let reads: ConnectionPool
    private let write: @Sendable ([DeviceID: Timestamp]) async throws -> Void
    fileprivate let state = Mutex(State())

    /// - Parameter write: Stores when devices were last seen.
    init(
        node: Node, devices: LiveDevices, signals: SignalSender, thread: ConnectionThread, reads: ConnectionPool,
        write: @escaping @Sendable ([DeviceID: Timestamp]) async throws -> Void
    ) {
        self.node = node
        self.devices = devices
        self.signals = signals
        self.thread = thread
        self.reads = reads
        self.write = write
    }

    func observe(_ observer: any StoreObserver) {
        state.withLock { $0.observer = observer }
        devices.observe(PresenceRelay(presence: self))
    }

    // MARK: What this node's connections do

    func opened(_ device: Participant) { devices.change { $0.opened(device, at: $1) } }

    func closed(_ device: Participant, isPoll: Bool) {
        devices.change { $0.closed(device, isPoll: isPoll, at: $1) }
    }

    func signaled(_ device: Participant) { devices.change { $0.signaled(device, at: $1) } }

    func forget(_ device: Participant) { devices.change { devices, _ in devices.forget(device) } }

    func isRecorded(_ user: UserID) -> Bool { state.withLock { $0.isRecorded(user) } }

    func waitUntilRecorded(_ user: UserID) async {
        await withCheckedContinuation { continuation in
            let isRecorded = state.withLock { state in
                let isRecorded = state.isRecorded(user)
                if !isRecorded { state.waiting[user, default: []].append(continuation) }
                return isRecorded
            }
            // Also what could not be written before: waiting must end.
            if isRecorded { continuation.resume() } else { flushRest() }
        }
    }

    // MARK: What is known of all nodes' devices

    func presence(of users: [UserID]) async throws -> [UserPresence] {
        let names = SQLValue.texts(users.map(\.rawValue))
        let statements = [
            Statement(
                """
                SELECT p.user_id, bool_or(p.present), max(p.last_seen_at) FROM device_presence p
                JOIN nodes n ON n.node_id = p.node_id
                WHERE p.user_id = ANY($1) AND p.node_id <> $2 AND n.seen_at > \(Self.now) - $3 GROUP BY p.user_id
                """, names, .text(node.id), .integer(Node.lifetimeMilliseconds)),
            Statement(
                """
                SELECT caller_id FROM calls WHERE live AND caller_id = ANY($1) UNION
                SELECT callee_id FROM calls WHERE live AND callee_id = ANY($1) AND state IN ('connecting', 'active')
                """, names),
        ]
        let (elsewhere, busy) = try await reads.run { connection in
            let results = try connection.run(statements)
            return (
                Dictionary(try results[0].map { (try $0.user(0), ($0.bool(1), try $0.time(2))) }) { $1 },
                Set(try results[1].map { try $0.user(0) })
            )
        }
        return devices.read { devices in
            users.map { user in
                let times = [devices.lastSeen(user), elsewhere[user]?.1].compactMap(\.self)
                return UserPresence(
                    isPresent: devices.isPresent(user) || elsewhere[user]?.0 == true, isBusy: busy.contains(user),
                    lastSeenAt: times.max())
            }
        }
    }

    /// The users with their devices that are present on living nodes other than `node`.
    static func presentElsewhere(_ users: [UserID], than node: Node) -> Statement {
        Statement(
            """
            SELECT p.user_id, p.device_id FROM device_presence p JOIN nodes n ON n.node_id = p.node_id
            WHERE p.user_id = ANY($1) AND p.present AND p.node_id <> $2 AND n.seen_at > \(now) - $3
            """, .texts(users.map(\.rawValue)), .text(node.id), .integer(Node.lifetimeMilliseconds))
    }

    func presentDevices(of user: UserID) async throws -> Set<DeviceID> {
        let elsewhere = Self.presentElsewhere([user], than: node)
        let found = try await reads.run { try $0.run(elsewhere).map { try $0.device(1) } }
        return devices.read { $0.presentDevices(of: user) }.union(found)
    }

    func liveCalls(of devices: [Participant]) async throws -> [Participant: [CallID]] {
        let users = SQLValue.texts(Set(devices.map(\.userId)).map(\.rawValue))
        let found = try await reads.run { connection in
            try connection.run(
                Statement(
                    """
                    SELECT call_id, body FROM calls
                    WHERE (live AND caller_id = ANY($1)) OR (live AND callee_id = ANY($1)) ORDER BY number
                    """, users)
            ).map { try CallBody.decode($0.bytes(1), id: $0.call(0)) }
        }
        var calls: [Participant: [CallID]] = [:]
        for device in devices {
            let own = found.filter { $0.side(of: device) != nil }.map(\.id)
            if !own.isEmpty { calls[device] = own }
        }
        return calls
    }

    func takeSignaling() async throws -> [Participant: Bool] {
        let changes = devices.change { devices, now in
            devices.sweepIfDue(at: now)
            return devices.takeSignaling()
        }
        let given = state.withLock(\.given)
        guard node.hasPeers, !changes.isEmpty || !given.isEmpty else { return changes }
        do {
            return try await compare(changes, given)
        } catch {
            try await putBack(changes)
            throw error
        }
    }

    func putBack(_ signaling: [Participant: Bool]) async throws {
        devices.change { devices, _ in devices.putBack(signaling) }
    }

    func maintain() async throws -> [Participant] {
        let unsaved = devices.change { $0.takeUnsaved(at: $1) }
        if !unsaved.isEmpty { try await write(unsaved) }
        let gone = devices.change { devices, _ in devices.dropGone() }
        if !gone.isEmpty { flush(Set(gone.map(\.userId))) }
        return gone
    }

    // MARK: Other nodes

    /// Expects devices of a node that has died.
    func adopt(_ orphans: [(Participant, isLost: Bool)]) {
        devices.change { devices, now in
            for (participant, isLost) in orphans { devices.expect(participant, isLost: isLost, at: now) }
        }
        let users = Set(orphans.map(\.0.userId))
        flush(users)
        announce(users)
    }

    /// Tells the observer of users who may have come or gone.
    func announce(_ users: Set<UserID>) {
        guard !users.isEmpty else { return }
        state.withLock(\.observer)?.changed(.presence(Array(users)))
    }

    /// Writes the rows of all devices: another node has come, or has removed them.
    func flushAll() { flush(Set(devices.read { $0.knownUsers })) }

    /// Writes the rows of users' devices, together with what else has come in by then, and tells the other nodes.
    func flush(_ users: Set<UserID>) {
        let isFirst = state.withLock { state in
            if node.hasPeers { state.dirty.formUnion(users) }
            guard !state.isScheduled, !state.dirty.isEmpty else { return false }
            state.isScheduled = true
            return true
        }
        guard isFirst else { return }
        thread.run { [self] connection in
            let users = state.withLock { state in
                (state.writing, state.dirty, state.isScheduled) = (state.dirty, [], false)
                return state.writing
            }
            let isWritten: Bool
            do {
                try connection.runAgain(rows(of: users))
                signals.presence(users)
                isWritten = true
            } catch {
                isWritten = false
            }
            for waiting in state.withLock({ $0.written(users, isWritten) }) { waiting.resume() }
        }
    }

    /// Writes what could not be written.
    func flushRest() { flush([]) }

    private static let now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

    private func rows(of users: Set<UserID>) -> Statement {
        let known = devices.read { devices in users.flatMap { devices.devices(of: $0) } }
            .sorted { $0.participant.deviceId.rawValue < $1.participant.deviceId.rawValue }
        return Statement(
            """
            WITH gone AS (
                DELETE FROM device_presence WHERE node_id = $1 AND user_id = ANY($2) AND NOT device_id = ANY($3)
            )
            INSERT INTO device_presence (device_id, node_id, user_id, present, lost, last_seen_at)
            SELECT device_id, $1, user_id, present, lost, seen
            FROM unnest($3::text[], $4::text[], $5::bool[], $6::bool[], $7::bigint[])
                AS d (device_id, user_id, present, lost, seen)
            ON CONFLICT (device_id, node_id) DO UPDATE SET user_id = excluded.user_id, present = excluded.present,
                lost = excluded.lost, last_seen_at = excluded.last_seen_at
            """, .text(node.id), .texts(users.map(\.rawValue)), .texts(known.map(\.participant.deviceId.rawValue)),
            .texts(known.map(\.participant.userId.rawValue)), .bools(known.map(\.isPresent)),
            .bools(known.map(\.isLost)), .integers(known.map { $0.lastSeen?.milliseconds ?? 0 }))
    }

    /// - Returns: The changes without the losses of devices that another node hears from, and with those that have come
    ///   to another node since their loss was given.
    private func compare(
        _ changes: [Participant: Bool], _ given: Set<Participant>
    ) async throws -> [Participant: Bool] {
        let asked = given.union(changes.filter { !$0.value }.keys)
        let names = SQLValue.texts(asked.map(\.deviceId.rawValue).sorted())
        let users = Set(changes.keys.map(\.userId))
        let begin = [
            Statement("BEGIN"),
            // If several nodes lose a device at the same time, the last of them sees that no other has it.
            Statement(
                "SELECT 1 FROM device_presence WHERE device_id = ANY($1) ORDER BY device_id, node_id FOR UPDATE", names),
        ]
        let end = [
            Statement(
                """
                SELECT DISTINCT p.device_id FROM device_presence p JOIN nodes n ON n.node_id = p.node_id
                WHERE p.device_id = ANY($1) AND p.node_id <> $2 AND NOT p.lost AND n.seen_at > \(Self.now) - $3
                """, names, .text(node.id), .integer(Node.lifetimeMilliseconds)),
            Statement("COMMIT"),
        ]
        let heard: Set<DeviceID> = try await withCheckedThrowingContinuation { continuation in
            thread.run { connection in
                do {
                    // Reads the rows now, because they may have changed since the request.
                    let results = try connection.run(begin + [self.rows(of: users)] + end)
                    continuation.resume(returning: Set(try results[3].map { try $0.device(0) }))
                } catch {
                    connection.rollBack()
                    continuation.resume(throwing: error.forClients)
                }
            }
        }
        signals.presence(users)
        var result = changes.filter { $0.value || !heard.contains($0.key.deviceId) }
        for device in given where heard.contains(device.deviceId) { result[device] = true }
        let lost = result.filter { !$0.value }.keys
        state.withLock { $0.given = Set(lost) }
        return result
    }
}

extension PostgresPresence.State {
    fileprivate func isRecorded(_ user: UserID) -> Bool { !dirty.contains(user) && !writing.contains(user) }

    /// - Returns: The continuations to resume: their changes are written, or can't be written now. Writing is retried
    ///   with the next change, or after a heartbeat has succeeded.
    fileprivate mutating func written(_ users: Set<UserID>, _ isWritten: Bool) -> [CheckedContinuation<Void, Never>] {
        writing = []
        let ready = isWritten ? users.subtracting(dirty) : users
        if !isWritten { dirty.formUnion(users) }
        return ready.flatMap { waiting.removeValue(forKey: $0) ?? [] }
    }
}

/// Passes changes of this node's devices to the observer.
private struct PresenceRelay: StoreObserver {
    let presence: PostgresPresence

    func committed(_ commit: Commit) {}

    func changed(_ signal: StoreSignal) {
        guard case .presence(let users) = signal else { return }
        presence.flush(Set(users))
        presence.relay(signal)
    }
}

extension PostgresPresence {
    fileprivate func relay(_ signal: StoreSignal) { state.withLock(\.observer)?.changed(signal) }
}
