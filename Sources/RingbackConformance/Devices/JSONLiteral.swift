package import RingbackModel

/// JSON for requests, written as Swift literals.
package indirect enum JSONLiteral: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case string(String)
    case array([JSONLiteral])
    case object([(name: String, value: JSONLiteral)])
    /// JSON to be sent byte for byte.
    case raw([UInt8])

    /// JSON to be sent byte for byte.
    package static func raw(_ text: String) -> JSONLiteral { .raw(Array(text.utf8)) }

    package var utf8: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.finish()
    }

    /// The members of an object, in order; empty for other values.
    var members: [(name: String, value: JSONLiteral)] {
        if case .object(let members) = self { members } else { [] }
    }

    /// The object with one more member.
    func adding(_ name: String, _ value: JSONLiteral) -> JSONLiteral { .object(members + [(name, value)]) }
}

extension JSONLiteral: JSONWritable {
    package func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let value): json.bool(value)
        case .integer(let value): json.integer(Int64(value))
        case .string(let value): json.string(value)
        case .array(let values): json.array(values) { $1.write(to: &$0) }
        case .object(let members):
            json.object { json in
                for (name, value) in members {
                    json.member(name)
                    value.write(to: &json)
                }
            }
        case .raw(let bytes): json.raw(bytes)
        }
    }
}

extension JSONLiteral: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringInterpolation,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    package init(dictionaryLiteral members: (String, JSONLiteral)...) {
        self = .object(members.map { (name: $0.0, value: $0.1) })
    }
    package init(arrayLiteral elements: JSONLiteral...) { self = .array(elements) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(nilLiteral: ()) { self = .null }
}
