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

    /// Appends the value.
    ///
    /// - Returns: Whether there was one; `false` for NULL.
    func encode(to bytes: inout [UInt8]) -> Bool {
        switch self {
        case .text(let value): Self.append(value, to: &bytes) { $1 += $0.utf8 }
        case .integer(let value): Self.append(value, to: &bytes) { $1.append(bigEndian: $0) }
        case .bytes(let value): Self.append(value, to: &bytes) { $1 += $0 }
        case .bool(let value): Self.append(value, to: &bytes) { $1.append($0 ? 1 : 0) }
        case .texts(let values): Self.append(values, of: 25, to: &bytes) { $1 += $0.utf8 }
        case .integers(let values): Self.append(values, of: 20, to: &bytes) { $1.append(bigEndian: $0) }
        case .byteArrays(let values): Self.append(values, of: 17, to: &bytes) { $1 += $0 }
        case .bools(let values): Self.append(values, of: 16, to: &bytes) { $1.append($0 ? 1 : 0) }
        }
    }

    private static func append<Value>(
        _ value: Value?, to bytes: inout [UInt8], _ append: (Value, inout [UInt8]) -> Void
    ) -> Bool {
        guard let value else { return false }
        append(value, &bytes)
        return true
    }

    /// An array of one dimension (array_recv).
    private static func append<Element>(
        _ elements: [Element?], of type: UInt32, to bytes: inout [UInt8], _ append: (Element, inout [UInt8]) -> Void
    ) -> Bool {
        bytes.append(bigEndian: elements.isEmpty ? 0 : 1 as UInt32)
        bytes.append(bigEndian: elements.contains { $0 == nil } ? 1 : 0 as UInt32)
        bytes.append(bigEndian: type)
        guard !elements.isEmpty else { return true }
        bytes.append(bigEndian: UInt32(elements.count))
        bytes.append(bigEndian: 1 as UInt32)
        for element in elements {
            guard let element else {
                bytes.append(bigEndian: UInt32.max)
                continue
            }
            let start = bytes.count
            bytes.append(bigEndian: 0 as UInt32)
            append(element, &bytes)
            bytes.set(bigEndian: UInt32(bytes.count - start - 4), at: start)
        }
        return true
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func set(bigEndian value: UInt32, at offset: Int) {
        withUnsafeMutableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self) }
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
