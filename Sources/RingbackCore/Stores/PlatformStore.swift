package import RingbackModel

/// An entry of the audit log: a use of a server key, or of the administrator's token, or the refusal of one.
package struct AuditEntry: Sendable, Hashable {
    /// Assigned by the store, ascending; 0 for an entry that is not stored yet.
    package var number: Int64
    package var time: Timestamp
    /// Who.
    package var key: ServerKey.Name
    /// What: the name of an operation.
    package var operation: String
    /// Whom.
    package var user: UserID?
    /// The other user of a block, the call, or the device that the operation was about.
    package var object: String?
    /// The code of the problem with which a use was refused: the key was revoked, has expired, or does not permit it.
    package var refusal: String?

    package init(
        number: Int64 = 0, time: Timestamp, key: ServerKey.Name, operation: String, user: UserID? = nil,
        object: String? = nil, refusal: String? = nil
    ) {
        self.number = number
        self.time = time
        self.key = key
        self.operation = operation
        self.user = user
        self.object = object
        self.refusal = refusal
    }
}

/// Selects entries of the audit log.
package struct AuditQuery: Sendable, Hashable {
    package var key: ServerKey.Name?
    package var user: UserID?
    /// Only entries older than the one with this number.
    package var before: Int64?
    package var limit: Int

    package init(key: ServerKey.Name? = nil, user: UserID? = nil, before: Int64? = nil, limit: Int) {
        self.key = key
        self.user = user
        self.before = before
        self.limit = limit
    }
}

package protocol PlatformReader {
    /// A key, also a revoked or expired one.
    func serverKey(hash: [UInt8]) throws -> ServerKey?
    /// All keys, by name.
    func serverKeys() throws -> [ServerKey]
    /// The entries that match the query, newest first.
    func audit(_ query: AuditQuery) throws -> [AuditEntry]
}

package protocol ServerKeyWriter {
    /// All keys, by name.
    func serverKeys() throws -> [ServerKey]
    /// - Returns: Whether the name was free. Names of revoked keys are not.
    func insert(_ key: ServerKey) throws -> Bool
    /// - Returns: Whether there is such a key that was not revoked.
    func revoke(_ key: ServerKey.Name, at now: Timestamp) throws -> Bool
}

package protocol PlatformWriter: ServerKeyWriter {
    /// Adds an entry to the audit log.
    func record(_ entry: AuditEntry) throws
}
