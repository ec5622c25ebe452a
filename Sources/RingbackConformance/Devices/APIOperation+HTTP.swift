import NIOHTTP1
import RingbackModel

extension APIOperation {
    /// The operation as an HTTP request. Members named in the path go there, those of a GET into the query, others into
    /// the body. If none is left, there is no body.
    func httpRequest(_ data: JSONLiteral, key: String?) -> WireRequest {
        var path: [String] = []
        var members = data.members
        for segment in route.path.split(separator: "/") {
            guard segment.hasPrefix("{"),
                let index = members.firstIndex(where: { $0.name == segment.dropFirst().dropLast() })
            else {
                path.append(String(segment))
                continue
            }
            path.append(percentEncoded(members.remove(at: index).value.parameter))
        }
        let target = "/" + path.joined(separator: "/")
        var request = WireRequest(HTTPMethod(rawValue: route.method.rawValue), target)
        if request.method == .GET, !members.isEmpty {
            request.target +=
                "?" + members.map { "\($0.name)=\(percentEncoded($0.value.parameter))" }.joined(separator: "&")
        } else if !members.isEmpty {
            request = .json(request.method, target, .object(members))
        }
        if let key { request.headers.add(name: "idempotency-key", value: key) }
        return request
    }
}

extension JSONLiteral {
    /// The value as a URL parameter.
    fileprivate var parameter: String {
        if case .string(let text) = self { text } else { String(decoding: utf8, as: UTF8.self) }
    }
}

/// Percent-encodes everything but the unreserved characters (RFC 3986, section 2.3).
func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            encoded.append(byte)
        default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}
