/// A statement of the protocol, and the test whether a server satisfies it.
package struct ConformanceCase: Sendable, CustomStringConvertible {
    /// The transports with which a case is run.
    package enum Scope: Sendable, Hashable {
        /// Every combination of a caller's and a callee's transport.
        case everyMix
        /// Every transport once: the callee's does not matter.
        case eachTransport
        /// Once.
        case once
    }

    /// What a run must provide for a case.
    package enum Need: Sendable, Hashable, CaseIterable {
        /// Minutes of real time, or a server whose clock the run can advance. Such a server can be used by one run at a
        /// time.
        case time
        /// An administrator's token.
        case administrator
    }

    /// The name, which is a sentence.
    package let name: String
    package let section: ProtocolSection
    package let scope: Scope
    package let needs: Set<Need>
    /// The file that contains the case.
    package let file: String
    package let body: @Sendable (ConformanceContext) async throws -> Void

    package init(
        _ name: String, _ section: ProtocolSection, scope: Scope = .everyMix, needs: Set<Need> = [],
        file: String = #fileID,
        body: @escaping @Sendable (ConformanceContext) async throws -> Void
    ) {
        self.name = name
        self.section = section
        self.scope = scope
        self.needs = needs
        self.file = file
        self.body = body
    }

    /// Whether the case takes long on a server with a real clock.
    package var isSlow: Bool { needs.contains(.time) }

    package var description: String { name }
}

/// A part of the protocol's description.
package enum ProtocolSection: String, Sendable, CaseIterable, CustomStringConvertible {
    case call = "1. The call"
    case gate = "1. The call: the gate"
    case glare = "1. The call: glare"
    case negotiations = "1. The call: negotiations"
    case resources = "2. Resources"
    case events = "3. Events"
    case errors = "4. Errors"
    case shapes = "5. Shapes"

    package var description: String { rawValue }
}
