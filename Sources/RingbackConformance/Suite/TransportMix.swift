/// The transports of a call's two sides.
package struct TransportMix: Sendable, Hashable, CustomStringConvertible {
    package let caller: Transport
    package let callee: Transport

    package init(_ caller: Transport, _ callee: Transport) {
        self.caller = caller
        self.callee = callee
    }

    package var description: String { "\(caller) → \(callee)" }

    /// All combinations of two transports.
    package static func all(of transports: [Transport] = Transport.allCases) -> [TransportMix] {
        transports.flatMap { caller in transports.map { TransportMix(caller, $0) } }
    }
}
