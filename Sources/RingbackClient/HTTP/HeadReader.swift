/// Puts the head of an answer together from the lines that libcurl gives.
struct HeadReader {
    private static let maximumBytes = 32 << 10

    private(set) var head = ResponseHead()
    /// libcurl takes a connection that ends within the headers for the end of an answer without a body.
    private(set) var isComplete = false
    private var bytes = 0

    /// - Throws: When the headers don't end.
    mutating func take(_ line: UnsafeRawBufferPointer) throws(RingbackError) {
        if line.starts(with: "HTTP/".utf8) {
            // Of an answer after a 100 or a proxy's 200 this is the one that counts.
            head = ResponseHead()
            isComplete = false
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            head.status = words.dropFirst().first.flatMap { Int($0.prefix(3)) } ?? 0
            return
        }
        if line.elementsEqual("\r\n".utf8) || line.elementsEqual("\n".utf8) { isComplete = true }
        bytes += line.count
        guard bytes <= Self.maximumBytes else {
            throw .unexpectedResponse(UnexpectedResponse(head, "its headers have over \(Self.maximumBytes) bytes"))
        }
        // On bytes: finding characters costs as much as all the rest of a request.
        if let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 {
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            head.headers[name] = line[(colon + 1)...].trimmedText
        }
    }
}
