package import RingbackModel

/// The users who may call a user who receives calls from contacts only.
extension AccountService {
    /// Returns the contacts of a user, ordered by identifier, after `after`.
    package func contacts(of user: UserID, after: UserID?, limit: Int) async throws -> [Contact] {
        try await store.read { try $0.contacts(of: user, after: after, limit: limit) }
    }

    /// - Throws: ``Problem`` `user_not_found`; `forbidden` if a user adds themselves; `invalid_request` beyond
    ///   ``Limits/contacts``; `unauthenticated` if the sign-in has ended.
    package func addContact(_ contact: UserID, by signIn: SignIn) async throws {
        try await addContact(contact, of: signIn.participant.userId) { try $0.check(signIn) }
    }

    /// - Parameter check: Performed first, in the same transaction.
    func addContact(
        _ contact: UserID, of user: UserID, check: @escaping @Sendable (any StoreWriter) throws -> Void
    ) async throws {
        guard contact != user else { throw Problem(.forbidden, "A user cannot be their own contact.") }
        try await store.write(of: user) { [now = time.now] store in
            try check(store)
            guard try store.account(contact) != nil else { throw Self.notFound(contact) }
            let count = try store.contactCount(of: user)
            guard try count < Limits.contacts || store.isContact(contact, of: user) else {
                throw Problem(.invalidRequest, "A user can have \(Limits.contacts) contacts.")
            }
            try store.addContact(contact, of: user, at: now)
        }
    }

    /// Removes a contact, if there is one.
    package func removeContact(_ contact: UserID, by signIn: SignIn) async throws {
        try await store.write(of: signIn.participant.userId) { store in
            try store.check(signIn)
            try store.removeContact(contact, of: signIn.participant.userId)
        }
    }
}

/// An entry of a contact list.
package struct Contact: Sendable, Hashable, JSONWritable {
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
