import CGzip
import Crypto
import Foundation
import Synchronization

/// A file that does not change while the server runs. It is compressed on the first request that accepts it.
final class StaticFile: Sendable {
    /// A representation of the file (RFC 9110, section 8).
    struct Representation: Sendable {
        let bytes: [UInt8]
        /// A strong validator: each representation has its own (section 8.8.3.3).
        let entityTag: String
        /// `nil` for the uncompressed file.
        let coding: String?
    }

    let contentType: String
    let isCompressible: Bool
    private let plain: Representation
    private let compressed = Mutex<Representation?>(nil)

    init(_ bytes: [UInt8], contentType: String) {
        self.contentType = contentType
        isCompressible = contentType != "image/png"
        let hash = Data(SHA256.hash(data: bytes).prefix(15)).base64EncodedString()
        plain = Representation(bytes: bytes, entityTag: "\"\(hash)\"", coding: nil)
    }

    /// - Parameter acceptEncoding: The request's `Accept-Encoding`.
    func representation(for acceptEncoding: String?) -> Representation {
        guard isCompressible, Self.prefersGzip(acceptEncoding) else { return plain }
        return compressed.withLock { compressed in
            let representation = compressed ?? compress()
            compressed = representation
            return representation
        }
    }

    private func compress() -> Representation {
        let bytes = plain.bytes
        let capacity = cgzip_bound(bytes.count)
        let result = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = cgzip_compress(bytes, bytes.count, buffer.baseAddress, capacity)
        }
        guard !result.isEmpty else { return plain }
        return Representation(
            bytes: result, entityTag: plain.entityTag.dropLast() + "-gzip\"", coding: "gzip")
    }

    /// Whether a client accepts gzip, and does not prefer the uncompressed file (RFC 9110, section 12.5.3).
    static func prefersGzip(_ acceptEncoding: String?) -> Bool {
        guard let acceptEncoding else { return false }
        var weights: [Substring: Double] = [:]
        for item in acceptEncoding.lowercased().split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.trimming(while: \.isWhitespace) }
            guard let coding = parts.first else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }?.dropFirst(2)
            weights[coding == "x-gzip" ? "gzip" : coding] = weight.map { Double($0) ?? 0 } ?? 1
        }
        let gzip = weights["gzip"] ?? weights["*"] ?? 0
        return gzip > 0 && gzip >= weights["identity"] ?? weights["*"] ?? 0
    }

    /// Whether a client has this representation (RFC 9110, section 13.1.2, by weak comparison).
    static func isMatched(_ entityTag: String, by ifNoneMatch: String?) -> Bool {
        guard let ifNoneMatch else { return false }
        return ifNoneMatch.split(separator: ",").contains { item in
            let tag = item.trimming(while: \.isWhitespace)
            return tag == "*" || (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag) == entityTag
        }
    }
}

extension Substring {
    fileprivate func trimming(while predicate: (Character) -> Bool) -> Substring {
        var rest = drop(while: predicate)
        while let last = rest.last, predicate(last) { rest.removeLast() }
        return rest
    }
}

extension HTTPResponse {
    /// The file, or 304 if the client has it already.
    init(_ file: StaticFile, for request: RequestFields) {
        let chosen = file.representation(for: request.acceptEncoding)
        if StaticFile.isMatched(chosen.entityTag, by: request.ifNoneMatch) {
            self.init(304)
        } else {
            self.init(200, contentType: file.contentType, body: chosen.bytes)
            if let coding = chosen.coding { fields.append(("Content-Encoding", coding)) }
        }
        cacheControl = "no-cache"
        fields.append(("ETag", chosen.entityTag))
        if file.isCompressible { fields.append(("Vary", "Accept-Encoding")) }
    }
}
