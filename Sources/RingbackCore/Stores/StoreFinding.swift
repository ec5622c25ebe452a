/// One result of checking a database, for the person who operates it.
package struct StoreFinding: Sendable, Hashable {
    package enum Grade: Sendable, Hashable {
        case fine
        /// The database can be used, but something should be changed.
        case warning
        /// The database can't be used, or has lost something.
        case broken
    }

    /// How much is read.
    package enum Depth: Sendable {
        /// What takes no longer for a large database: settings and the schema.
        case settings
        /// Every table as well.
        case everything
    }

    /// How many faults of one kind are described.
    package static let faultsShown = 5

    /// What was checked: one or two words.
    package let place: String
    package let grade: Grade
    package let text: String
    /// What to do, unless it is fine.
    package let advice: String

    package static func fine(_ place: String, _ text: String) -> StoreFinding {
        StoreFinding(place: place, grade: .fine, text: text, advice: "")
    }

    package static func warning(_ place: String, _ text: String, advice: String) -> StoreFinding {
        StoreFinding(place: place, grade: .warning, text: text, advice: advice)
    }

    /// What is wrong with the schema when migrations are pending; `nil` when there are none.
    package static func schema(pending: Int) -> StoreFinding? {
        guard pending > 0 else { return nil }
        return .warning(
            "schema", "\(pending) migrations are pending",
            advice: "`ringback migrate` applies them, as `ringback serve` does. The other checks need them.")
    }

    /// The schema is not one of this version's.
    package static func schema(unknown reason: String) -> StoreFinding {
        .broken("schema", reason, advice: "The other checks need the tables of this version.")
    }

    /// The result of a check that reads whole tables. Up to five faults are described.
    package static func contents(_ place: String, faults: [String], fine: String, advice: String) -> StoreFinding {
        guard !faults.isEmpty else { return .fine(place, fine) }
        let more = faults.count > faultsShown ? ["and \(faults.count - faultsShown) more"] : []
        return .broken(place, (faults.prefix(faultsShown) + more).joined(separator: "; "), advice: advice)
    }

    package static func broken(_ place: String, _ text: String, advice: String) -> StoreFinding {
        StoreFinding(place: place, grade: .broken, text: text, advice: advice)
    }
}
