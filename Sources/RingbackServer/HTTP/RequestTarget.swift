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

    /// The parameters of the query. Of those with one name the last counts.
    var parameters: [String: String] {
        var parameters: [String: String] = [:]
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let sign = pair.firstIndex(of: UInt8(ascii: "="))
            let name = Substring(pair[..<(sign ?? pair.endIndex)])
            let value = sign.map { Substring(pair[pair.index(after: $0)...]) } ?? ""
            parameters[Self.decoded(name)] = Self.decoded(value)
        }
        return parameters
    }

    /// The text without its percent-encoding; as it is, if that is not UTF-8.
    static func decoded(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        return String(text).removingPercentEncoding ?? String(text)
    }
}
