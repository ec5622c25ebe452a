/// A request as it goes to libcurl.
struct HTTPRequest: Sendable {
    var method = "GET"
    var url: String
    var headers: [(name: String, value: String)] = []
    var body: [UInt8]?
    /// Over a connection of its own: when one that was kept turns out dead, libcurl sends a request again by itself.
    var isFresh = false
    /// For the whole transfer; `nil` for a stream.
    var timeout: Duration?
    /// For a stream: how long it may be silent.
    var silence: Duration?
    /// Bytes that a collected body may have.
    var maximumBytes = 16 << 20
    var network: NetworkOptions
}

/// The beginning of an answer.
struct ResponseHead: Sendable {
    var status = 0
    /// By their names in lower case. Of headers with one name the last counts.
    var headers: [String: String] = [:]

    /// The media type without its parameters, in lower case.
    var contentType: String? {
        headers["content-type"]?.split(separator: ";").first.map {
            $0.lowercased().filter { $0 != " " && $0 != "\t" }
        }
    }

    /// Seconds (RFC 9110, section 10.2.3). A date is not understood.
    var retryAfter: Duration? {
        headers["retry-after"].flatMap { Int64($0) }.flatMap { (0...86_400).contains($0) ? .seconds($0) : nil }
    }
}

struct HTTPResponse: Sendable {
    var head: ResponseHead
    var body: [UInt8]
}
