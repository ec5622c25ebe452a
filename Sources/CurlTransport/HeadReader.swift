/// Assembles the head of a response from the lines that libcurl provides.
package struct HeadReader {
    private static let maximumBytes = 32 << 10

    package private(set) var head = CurlResponseHead()
    /// Whether the head is complete. libcurl treats a connection that is closed during the headers as a response
    /// without a body.
    package private(set) var isComplete = false
    private var bytes = 0

    package init() {}

    /// - Throws: ``CurlError`` if the headers are too long.
    package mutating func take(_ line: UnsafeRawBufferPointer) throws(CurlError) {
        if line.starts(with: "HTTP/".utf8) {
            // A further head replaces the previous one, which was a 100 or a proxy's 200.
            head = CurlResponseHead()
            isComplete = false
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            head.status = words.dropFirst().first.flatMap { Int($0.prefix(3)) } ?? 0
            return
        }
        if line.elementsEqual("\r\n".utf8) || line.elementsEqual("\n".utf8) { isComplete = true }
        bytes += line.count
        guard bytes <= Self.maximumBytes else {
            throw .tooLong(head, "its headers have over \(Self.maximumBytes) bytes")
        }
        // On bytes: finding characters costs as much as the rest of a request.
        if let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 {
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            head.headers[name] = line[(colon + 1)...].trimmedText
        }
    }
}
