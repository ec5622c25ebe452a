/// A violation of the protocol by the server.
package struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    package let message: String
    package let place: Place

    package init(_ message: String, at place: Place = #line) {
        self.message = message
        self.place = place
    }

    package var description: String { message }
}

/// A line in the file that contains the case.
package struct Place: Sendable, Hashable, ExpressibleByIntegerLiteral {
    package let line: Int

    package init(integerLiteral line: Int) { self.line = line }
}

/// Throws a ``ConformanceFailure`` unless `condition` holds.
package func expect(
    _ condition: Bool, _ message: @autoclosure () -> String, at place: Place = #line
) throws {
    if !condition { throw ConformanceFailure(message(), at: place) }
}

/// Throws a ``ConformanceFailure`` unless both are equal.
package func expectEqual<Value: Equatable>(
    _ actual: Value?, _ expected: Value, _ what: @autoclosure () -> String, at place: Place = #line
) throws {
    if actual != expected {
        let text = actual.map { "\($0)" } ?? "nothing"
        throw ConformanceFailure("\(what()): expected \(expected), got \(text)", at: place)
    }
}
