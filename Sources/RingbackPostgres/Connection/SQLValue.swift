/// A parameter of a statement, in PostgreSQL's binary format.
enum SQLValue: Sendable {
    case text(String?)
    case integer(Int64?)
    case bytes([UInt8]?)
    case bool(Bool?)
    case texts([String?])
    case integers([Int64?])
    case byteArrays([[UInt8]?])
    case bools([Bool?])

    /// The type's OID (src/include/catalog/pg_type.dat).
    var type: UInt32 {
        switch self {
        case .text: 25
        case .integer: 20
        case .bytes: 17
        case .bool: 16
        case .texts: 1009
        case .integers: 1016
        case .byteArrays: 1001
        case .bools: 1000
        }
    }

    /// - Returns: `nil` for NULL.
    var encoded: [UInt8]? {
        switch self {
        case .text(let value): value.map { Array($0.utf8) }
        case .integer(let value): value.map(Self.bytes)
        case .bytes(let value): value
        case .bool(let value): value.map { [$0 ? 1 : 0] }
        case .texts(let values): Self.array(values, of: 25) { $1.append(element: Array($0.utf8)) }
        case .integers(let values): Self.array(values, of: 20) { $1.append(element: Self.bytes($0)) }
        case .byteArrays(let values): Self.array(values, of: 17) { $1.append(element: $0) }
        case .bools(let values): Self.array(values, of: 16) { $1.append(element: [$0 ? 1 : 0]) }
        }
    }

    private static func bytes(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    /// An array of one dimension (array_recv).
    private static func array<Element>(
        _ elements: [Element?], of type: UInt32, append: (Element, inout [UInt8]) -> Void
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + 16 * elements.count)
        bytes.append(word: elements.isEmpty ? 0 : 1)
        bytes.append(word: elements.contains { $0 == nil } ? 1 : 0)
        bytes.append(word: type)
        guard !elements.isEmpty else { return bytes }
        bytes.append(word: UInt32(elements.count))
        bytes.append(word: 1)
        for element in elements {
            if let element { append(element, &bytes) } else { bytes.append(word: .max) }
        }
        return bytes
    }
}

extension [UInt8] {
    fileprivate mutating func append(word: UInt32) {
        Swift.withUnsafeBytes(of: word.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(element: [UInt8]) {
        append(word: UInt32(element.count))
        append(contentsOf: element)
    }
}

/// One statement with its parameters. It is prepared when a connection first sees its text.
struct Statement: Sendable {
    let sql: String
    let parameters: [SQLValue]

    init(_ sql: String, _ parameters: SQLValue...) { self.init(sql, all: parameters) }

    init(_ sql: String, all parameters: [SQLValue]) {
        self.sql = sql
        self.parameters = parameters
    }
}
