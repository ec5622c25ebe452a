import CLibpq
import Foundation
import RingbackModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A connection to PostgreSQL, used by one thread at a time, which waits.
///
/// Statements go in libpq's pipeline mode: all of a call at once, in one round trip. A connection that was lost is made
/// anew with the next statement that begins something.
final class PostgresConnection {
    struct Settings: Sendable {
        let url: PostgresURL
        /// What `pg_stat_activity` shows.
        let name: String
        /// Statements that each session begins with.
        var session: [String] = []
        /// How long an answer may take.
        var answerTime: Duration = .seconds(15)
    }

    private let settings: Settings
    private var connection: OpaquePointer?
    /// The names of prepared statements by their texts.
    private var prepared: [String: String] = [:]
    private var preparations = 0
    /// When to try again after a failed attempt.
    private var retryAt: ContinuousClock.Instant?
    /// The number of connections so far.
    private(set) var generation = 0

    init(_ settings: Settings) { self.settings = settings }

    deinit { close() }

    func close() {
        if let connection { PQfinish(connection) }
        connection = nil
        prepared = [:]
    }

    var isOpen: Bool { connection != nil }

    /// The descriptor to wait for; -1 without a connection.
    var descriptor: Int32 { connection.map { PQsocket($0) } ?? -1 }

    // MARK: Connecting

    /// Connects if there is no connection. After a failed attempt, the next one is made half a second later.
    ///
    /// - Throws: ``PostgresError``.
    func open() throws {
        guard connection == nil else { return }
        if let retryAt, ContinuousClock.now < retryAt { throw PostgresError.lost("the database can't be reached") }
        retryAt = nil
        do {
            try connect()
        } catch {
            retryAt = .now + .milliseconds(500)
            throw error
        }
    }

    private func connect() throws {
        let all = settings.url.settings(else: [
            ("application_name", settings.name), ("client_encoding", "UTF8"), ("connect_timeout", "3"),
            ("target_session_attrs", "read-write"), ("keepalives_idle", "5"), ("keepalives_interval", "2"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "10000"),
        ])
        var names = all.map { strdup($0.name).map { UnsafePointer($0) } } + [nil]
        var values = all.map { strdup($0.value).map { UnsafePointer($0) } } + [nil]
        defer { for text in names + values { free(UnsafeMutableRawPointer(mutating: text)) } }
        guard let new = PQconnectdbParams(&names, &values, 0) else { throw PostgresError.lost("out of memory") }
        guard PQstatus(new) == CONNECTION_OK else {
            defer { PQfinish(new) }
            throw PostgresError.lost(Self.message(new))
        }
        connection = new
        generation += 1
        do {
            for statement in settings.session { try execute(statement) }
        } catch {
            close()
            throw error
        }
        guard PQsetnonblocking(new, 1) == 0, PQenterPipelineMode(new) == 1 else {
            let message = Self.message(new)
            close()
            throw PostgresError.lost(message)
        }
    }

    /// Runs several statements without parameters outside of the pipeline, and waits.
    private func execute(_ sql: String) throws {
        guard let connection, let result = PQexec(connection, sql) else { throw PostgresError.lost("no connection") }
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else { throw Self.error(result) }
    }

    /// Runs a script of statements in one transaction of its own.
    ///
    /// - Throws: ``PostgresError``; nothing has changed then.
    func run(script: String) throws {
        try open()
        guard let connection, PQexitPipelineMode(connection) == 1, PQsetnonblocking(connection, 0) == 0 else {
            close()
            throw PostgresError.lost("the connection is in use")
        }
        do {
            try execute("BEGIN; \(script); COMMIT")
        } catch {
            close()
            throw error
        }
        guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else { return close() }
    }

    // MARK: Statements

    /// Runs statements in one round trip. Behind one that fails the others are not run.
    ///
    /// - Returns: The result of each.
    /// - Throws: ``PostgresError`` of the first that failed. A transaction that was open is open still, and failed; of
    ///   a connection that was lost nothing is left.
    func run(_ statements: [Statement]) throws -> [Rows] {
        try open()
        guard let connection else { throw PostgresError.lost("no connection") }
        do {
            // Of each result that will come whether it is that of a statement, or the name of one that is prepared.
            var expected: [String?] = []
            for statement in statements {
                let name: String
                if let known = prepared[statement.sql] {
                    name = known
                } else {
                    preparations += 1
                    name = "s\(preparations)"
                    // Known from here on also for the same text later in this pipeline.
                    prepared[statement.sql] = name
                    try prepare(statement, as: name, connection)
                    expected.append(statement.sql)
                }
                try send(statement, name, connection)
                expected.append(nil)
            }
            guard PQpipelineSync(connection) == 1 else { throw PostgresError.lost(Self.message(connection)) }
            return try receive(expected, connection)
        } catch let error as PostgresError {
            if error.isLost { close() }
            throw error
        }
    }

    @discardableResult
    func run(_ statement: Statement) throws -> Rows { try run([statement])[0] }

    /// Before a transaction is tried again: those that got in each other's way do not come back at the same moment.
    func waitAfterConflict(_ tries: Int) {
        guard tries > 1 else { return }
        usleep(useconds_t.random(in: 1000...4000 * useconds_t(min(tries, 20))))
    }

    /// Runs a statement that may run twice: once more when the connection turns out to be lost, or after a deadlock.
    @discardableResult
    func runAgain(_ statement: Statement) throws -> Rows {
        do {
            return try run(statement)
        } catch let error as PostgresError where error.isLost || error.isRetryable {
            return try run(statement)
        }
    }

    /// Ends a transaction that has failed. A connection that can't is closed, and the transaction with it.
    func rollBack() {
        guard connection != nil else { return }
        if (try? run(Statement("ROLLBACK"))) == nil { close() }
    }

    private func prepare(_ statement: Statement, as name: String, _ connection: OpaquePointer) throws {
        let types = statement.parameters.map(\.type)
        guard PQsendPrepare(connection, name, statement.sql, Int32(types.count), types) == 1 else {
            throw PostgresError.lost(Self.message(connection))
        }
    }

    private func send(_ statement: Statement, _ name: String, _ connection: OpaquePointer) throws {
        var bytes: [UInt8] = []
        // Where each value is; `nil` for NULL.
        let values = statement.parameters.map { parameter -> Range<Int>? in
            let start = bytes.count
            return parameter.encode(to: &bytes) ? start..<bytes.count : nil
        }
        let sent = bytes.withUnsafeBytes { bytes -> Int32 in
            // Something to point to, also for empty values.
            let nothing: StaticString = ""
            let start =
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                ?? UnsafeRawPointer(nothing.utf8Start).assumingMemoryBound(to: CChar.self)
            let pointers = values.map { $0.map { UnsafePointer(start + $0.lowerBound) } }
            let lengths = values.map { Int32($0?.count ?? 0) }
            let formats = [Int32](repeating: 1, count: values.count)
            return PQsendQueryPrepared(connection, name, Int32(values.count), pointers, lengths, formats, 1)
        }
        guard sent == 1 else { throw PostgresError.lost(Self.message(connection)) }
    }

    private func receive(_ expected: [String?], _ connection: OpaquePointer) throws -> [Rows] {
        let deadline = ContinuousClock.now + settings.answerTime
        var results: [Rows] = []
        var failure: PostgresError?
        for preparing in expected {
            guard let result = try nextResult(connection, until: deadline) else {
                throw PostgresError.lost("a result is missing")
            }
            let status = PQresultStatus(result)
            switch status {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
                if preparing == nil { results.append(Rows(result)) } else { PQclear(result) }
            default:
                if failure == nil, status != PGRES_PIPELINE_ABORTED { failure = Self.error(result) }
                if let preparing { prepared[preparing] = nil }
                PQclear(result)
            }
            // Behind each result is a null.
            guard try nextResult(connection, until: deadline) == nil else {
                throw PostgresError.lost("a result too many")
            }
        }
        guard let sync = try nextResult(connection, until: deadline) else {
            throw PostgresError.lost("the end of the pipeline is missing")
        }
        PQclear(sync)
        if let failure { throw failure }
        return results
    }

    /// Sends what is to be sent, and waits for what comes next.
    private func nextResult(
        _ connection: OpaquePointer, until deadline: ContinuousClock.Instant
    ) throws -> OpaquePointer? {
        while PQisBusy(connection) == 1 {
            let unsent = PQflush(connection)
            guard unsent >= 0 else { throw PostgresError.lost(Self.message(connection)) }
            let events = try wait(for: unsent == 1 ? POLLIN | POLLOUT : POLLIN, until: deadline)
            if events & POLLIN != 0 || events & (POLLERR | POLLHUP) != 0 {
                guard PQconsumeInput(connection) == 1 else { throw PostgresError.lost(Self.message(connection)) }
            }
        }
        return PQgetResult(connection)
    }

    private func wait(for events: Int32, until deadline: ContinuousClock.Instant) throws -> Int32 {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { throw PostgresError.lost("the database has not answered in time") }
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let count = poll(&entry, 1, Int32(clamping: left.milliseconds + 1))
        guard count >= 0 || errno == EINTR else { throw PostgresError.lost(String(cString: strerror(errno))) }
        return Int32(entry.revents)
    }

    // MARK: Notifications

    /// Waits until there is something to read on the connection, the wake-up is signaled, or the time is over.
    ///
    /// - Returns: Whether the wait ended before the time was over.
    func waitForInput(_ time: Duration, or wakeUp: WakeUp) -> Bool {
        var entries = [descriptor, wakeUp.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let count = poll(&entries, nfds_t(entries.count), Int32(clamping: time.milliseconds))
        // Also what was signaled since.
        wakeUp.clear()
        return count > 0
    }

    /// Takes the payloads of the notifications that other connections have sent.
    ///
    /// - Throws: ``PostgresError`` for a connection that was lost.
    func takeNotifications() throws -> [String] {
        guard let connection, PQconsumeInput(connection) == 1, PQstatus(connection) == CONNECTION_OK else {
            close()
            throw PostgresError.lost("the listener's connection was lost")
        }
        var payloads: [String] = []
        while let notification = PQnotifies(connection) {
            if notification.pointee.be_pid != PQbackendPID(connection) {
                payloads.append(String(cString: notification.pointee.extra))
            }
            PQfreemem(notification)
        }
        return payloads
    }

    private static func error(_ result: OpaquePointer) -> PostgresError {
        let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
        return PostgresError(
            state: state,
            message: PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
                ?? String(cString: PQresultErrorMessage(result)))
    }

    private static func message(_ connection: OpaquePointer) -> String {
        String(cString: PQerrorMessage(connection)).split(separator: "\n").joined(separator: " ")
    }
}
