package import RingbackModel

/// A user, with the members that only the server may see.
package struct Account: Sendable, Hashable {
    package var userId: UserID
    package var displayName: String
    /// In the format of ``PasswordHasher``.
    package var passwordHash: String
    package var busy: BusyPolicy
    package var createdAt: Timestamp
    package var lastSeenAt: Timestamp?
    package var callsFrom = CallsFrom.everyone
    package var doNotDisturb = DoNotDisturb()
    /// The time of the newest missed call that the user has seen.
    package var callsSeenUntil: Timestamp?
    /// When the platform banned the user: nobody can sign in as a banned user.
    package var bannedAt: Timestamp?

    package init(
        userId: UserID, displayName: String, passwordHash: String, busy: BusyPolicy, createdAt: Timestamp,
        lastSeenAt: Timestamp? = nil, bannedAt: Timestamp? = nil
    ) {
        self.userId = userId
        self.displayName = displayName
        self.passwordHash = passwordHash
        self.busy = busy
        self.createdAt = createdAt
        self.lastSeenAt = lastSeenAt
        self.bannedAt = bannedAt
    }

    /// - Throws: ``Problem`` `user_banned`.
    func checkBan() throws(Problem) {
        guard bannedAt == nil else { throw Problem(.userBanned, "The user \(userId) is banned.") }
    }

    /// The password hash of a user who has no password: one whom the platform signs in.
    package static let noPassword = "-"

    package var user: User { User(userId: userId, displayName: displayName, createdAt: createdAt) }
    package var ownUser: User {
        User(
            userId: userId, displayName: displayName, createdAt: createdAt, busy: busy,
            callsFrom: callsFrom == .everyone ? nil : callsFrom,
            doNotDisturb: doNotDisturb.isEmpty ? nil : doNotDisturb)
    }
}

/// A signed-in device, with the members that only the server may see.
package struct DeviceRecord: Sendable, Hashable {
    package var participant: Participant
    package var name: String?
    /// The SHA-256 hash of the token.
    package var tokenHash: [UInt8]
    package var createdAt: Timestamp
    package var expiresAt: Timestamp
    package var lastSeenAt: Timestamp?
    /// Whether calls do not ring on the device. Ends with the sign-in.
    package var isMuted = false

    package init(
        participant: Participant, name: String?, tokenHash: [UInt8], createdAt: Timestamp, expiresAt: Timestamp,
        lastSeenAt: Timestamp? = nil
    ) {
        self.participant = participant
        self.name = name
        self.tokenHash = tokenHash
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastSeenAt = lastSeenAt
    }
}

extension DeviceRecord {
    /// The number of identifiers that are reserved for a user in addition to those in use.
    package static let formerDevices = 64
    /// How long calls ring on a device after it was last seen. Later, it most likely is a page that was closed.
    package static let ringingTime: Duration = .seconds(86_400)

    /// Returns whether calls ring on the device.
    package func rings(at now: Timestamp) -> Bool {
        expiresAt > now && (lastSeenAt ?? createdAt) + Self.ringingTime > now
    }
}

/// An entry of a block list.
package struct Block: Sendable, Hashable, JSONWritable {
    package var userId: UserID
    package var createdAt: Timestamp

    package init(userId: UserID, createdAt: Timestamp) {
        self.userId = userId
        self.createdAt = createdAt
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("userId", userId.rawValue)
            json.field("createdAt", createdAt)
        }
    }
}

package protocol AccountReader {
    /// A user who has not been erased.
    func account(_ user: UserID) throws -> Account?
    /// Users whose identifiers begin with `prefix` and are greater than `after`, in order.
    func accounts(prefix: String, after: UserID?, limit: Int) throws -> [Account]
    /// A signed-in device, even if its token has expired.
    func device(_ device: DeviceID) throws -> DeviceRecord?
    func device(tokenHash: [UInt8]) throws -> DeviceRecord?
    /// Returns the user to whom the identifier of a device belongs, even after the device was signed out or has
    /// expired.
    func owner(of device: DeviceID) throws -> UserID?
    /// Tokens of the platform that were issued until then are void; `nil` if none are.
    ///
    /// - Parameter device: The device that a token names, which was signed out then, or all of its user's were. If it
    ///   is `nil`, any of them.
    func voidTokens(of user: UserID, device: DeviceID?) throws -> Timestamp?
    /// The devices of a user, the most recently seen first.
    func devices(of user: UserID, limit: Int) throws -> [DeviceRecord]
    /// Returns what the user sees of `blocker` since the block; `nil` if there is no block.
    func concealment(of blocker: UserID, from user: UserID) throws -> Concealment?
    /// Users whose account is closed and who have not been erased, because the server stopped in between.
    func closedUsers() throws -> [UserID]
    func blocks(of user: UserID) throws -> [Block]
    /// The contacts of a user, ordered by identifier, after `after`.
    func contacts(of user: UserID, after: UserID?, limit: Int) throws -> [Contact]
    func contactCount(of user: UserID) throws -> Int
    func isContact(_ contact: UserID, of user: UserID) throws -> Bool
    func watchedUsers(by device: DeviceID) throws -> [UserID]
}

extension AccountReader {
    package func isBlocked(_ user: UserID, by blocker: UserID) throws -> Bool {
        try concealment(of: blocker, from: user) != nil
    }
}

/// What a blocked user sees of the blocker: somebody who went offline at the time of the block, or earlier.
package struct Concealment: Sendable, Hashable {
    /// `nil` if the blocker had never been connected.
    package var lastSeenAt: Timestamp?

    package init(lastSeenAt: Timestamp?) { self.lastSeenAt = lastSeenAt }
}

package protocol AccountWriter {
    /// Adds a user, who is not banned.
    ///
    /// - Returns: Whether the identifier was free. Identifiers of erased users are not.
    func insert(_ account: Account) throws -> Bool
    func update(_ account: Account) throws
    /// Prepares to erase a user: ``AccountReader/account(_:)`` no longer returns the user, and the user's devices are
    /// removed.
    func close(_ user: UserID, at now: Timestamp) throws
    /// Removes a user's devices, blocks, watch lists and events, and everything of the profile except the identifier:
    /// in steps, so that other writes need not wait long. The last step removes the profile.
    ///
    /// - Parameter limit: About how many rows or events a step removes, at most.
    /// - Returns: Whether another step is needed.
    func erase(_ user: UserID, at now: Timestamp, limit: Int) throws -> Bool
    /// Adds a device, or replaces the token of the device with the same identifier.
    func save(_ device: DeviceRecord) throws
    /// Sets whether calls do not ring on a device.
    func setMuted(_ isMuted: Bool, _ device: DeviceID) throws
    /// Removes a device. Its identifier still belongs to its user as long as it is among the last
    /// ``DeviceRecord/formerDevices`` that were removed.
    func delete(_ device: DeviceID) throws
    /// Makes void all tokens of the platform that were issued until now, for one device of a user, or for all if it is
    /// `nil`.
    ///
    /// Of single devices of a user, the last ``DeviceRecord/formerDevices`` are kept.
    func voidTokens(of user: UserID, _ device: DeviceID?, until now: Timestamp) throws
    func setLastSeen(_ devices: [DeviceID: Timestamp]) throws
    /// Blocks a user. A second block changes nothing.
    ///
    /// - Parameter concealment: What `user` sees of `blocker` from now on.
    func block(_ user: UserID, by blocker: UserID, at now: Timestamp, showing concealment: Concealment) throws
    func unblock(_ user: UserID, by blocker: UserID) throws
    /// Adds a contact, if it is not one already.
    func addContact(_ contact: UserID, of user: UserID, at now: Timestamp) throws
    func removeContact(_ contact: UserID, of user: UserID) throws
    func setWatchedUsers(_ users: [UserID], by device: DeviceID) throws
}
