import Foundation
import RingbackModel

/// A request's target (RFC 9112, section 3.2): the path and the query, still percent-encoded.
struct RequestTarget {
    let path: Substring
    private let query: Substring

    init(_ target: String) {
        var rest = target[...]
        // The absolute form, which proxies send.
        if rest.utf8.first != UInt8(ascii: "/"), let scheme = rest.range(of: "://") {
            rest = rest[scheme.upperBound...]
            rest = rest[(rest.utf8.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex)...]
        }
        let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = rest[..<(mark ?? rest.endIndex)]
        query = mark.map { rest[rest.utf8.index(after: $0)...] } ?? ""
    }

    /// The parameters of the query.
    var parameters: URLParameters {
        var parameters = URLParameters()
        String(query).readUTF8 { query in
            for pair in query.split(separator: UInt8(ascii: "&")) {
                let sign = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
                parameters.append(Self.decoded(pair[..<sign]), Self.decoded(pair[sign...].dropFirst()))
            }
        }
        return parameters
    }

    /// The text without its percent-encoding; as it is, if that is not UTF-8.
    static func decoded(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes), as: UTF8.self)
        return bytes.contains(UInt8(ascii: "%")) ? text.removingPercentEncoding ?? text : text
    }
}

/// The parameters of a query and a path: a handful at most, so they are looked through. Of those with one name the last counts.
struct URLParameters: Sendable {
    private(set) var pairs: [(String, String)] = []

    subscript(name: String) -> String? { pairs.last { $0.0.hasSameBytes(as: name) }?.1 }

    mutating func append(_ name: String, _ value: String) { pairs.append((name, value)) }

    /// These, and behind them others.
    func followed(by others: URLParameters) -> URLParameters {
        var all = self
        all.pairs += others.pairs
        return all
    }
}
