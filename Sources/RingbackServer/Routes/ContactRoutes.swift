import RingbackCore
import RingbackModel

enum ContactRoutes {
    static func operations(_ services: Services) -> [Operation] {
        [
            Operation(.listContacts) { request in
                let user = try request.participant.userId
                let limit = try request.integer("limit", in: Limits.itemsPerPage, default: 50)
                let contacts = try await services.accounts.contacts(
                    of: user, after: request.userAfter(), limit: limit + 1)
                return Answer(200, ItemsPage(contacts, limit: limit) { $0.userId.rawValue })
            },
            Operation(.addContact, repeating: .harmless) { request in
                try await services.accounts.addContact(request.user(), by: request.signIn)
                return Answer(204)
            },
            Operation(.removeContact, repeating: .harmless) { request in
                try await services.accounts.removeContact(request.user(), by: request.signIn)
                return Answer(204)
            },
        ]
    }

    static func platformOperations(_ platform: PlatformService) -> [Operation] {
        [
            Operation(.platformListContacts, access: .platform(.blocks)) { request in
                let limit = try request.integer("limit", in: Limits.itemsPerPage, default: 50)
                let contacts = try await platform.contacts(
                    of: request.user(), after: request.userAfter(), limit: limit + 1, request.keyUse())
                return Answer(200, ItemsPage(contacts, limit: limit) { $0.userId.rawValue })
            },
            Operation(.platformAddContact, access: .platform(.blocks)) { request in
                let contact = try request.user("contactId")
                try await platform.addContact(contact, of: request.user(), request.keyUse(object: contact.rawValue))
                return Answer(204)
            },
            Operation(.platformRemoveContact, access: .platform(.blocks)) { request in
                let contact = try request.user("contactId")
                try await platform.removeContact(contact, of: request.user(), request.keyUse(object: contact.rawValue))
                return Answer(204)
            },
        ]
    }
}
