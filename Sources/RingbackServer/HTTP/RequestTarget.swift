import Foundation
import RingbackModel

/// The target of a request (RFC 9112, section 3.2): path and query, percent-encoded.
struct RequestTarget {
    let path: Substring
    private let query: Substring

    init(_ target: String) {
        var rest = target[...]
        // The absolute form, as sent to proxies.
        if rest.utf8.first != UInt8(ascii: "/"), let scheme = rest.range(of: "://") {
            rest = rest[scheme.upperBound...]
            rest = rest[(rest.utf8.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex)...]
        }
        let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = rest[..<(mark ?? rest.endIndex)]
        query = mark.map { rest[rest.utf8.index(after: $0)...] } ?? ""
    }

    /// The query parameters.
    var parameters: URLParameters {
        var parameters = URLParameters()
        if query.isEmpty { return parameters }
        String(query).readUTF8 { query in
            for pair in query.split(separator: UInt8(ascii: "&")) {
                let sign = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
                parameters.append(Self.decoded(pair[..<sign]), Self.decoded(pair[sign...].dropFirst()))
            }
        }
        return parameters
    }

    /// Removes the percent-encoding. Returns the text unchanged if the result is not UTF-8.
    static func decoded(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes), as: UTF8.self)
        return bytes.contains(UInt8(ascii: "%")) ? text.removingPercentEncoding ?? text : text
    }
}

/// The parameters of a query and a path. A list, because there are only a few. Of those with the same name, the last
/// counts.
struct URLParameters: Sendable {
    private(set) var pairs: [(String, String)] = []

    subscript(name: String) -> String? { pairs.last { $0.0.hasSameBytes(as: name) }?.1 }

    mutating func append(_ name: String, _ value: String) { pairs.append((name, value)) }

    /// These parameters, followed by others.
    func followed(by others: URLParameters) -> URLParameters {
        var all = self
        all.pairs += others.pairs
        return all
    }
}
