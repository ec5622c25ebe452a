/// The path prefix under which a proxy exposes the server: `/ringback` for `https://example.org/ringback/`.
package struct BasePath: Sendable {
    /// Empty, or begins with a slash and does not end with one.
    package let text: String

    package static let root = BasePath("")!

    /// - Returns: `nil` unless `text` consists of segments of letters, digits and `._~-`, each after a slash, and has
    ///   at most 200 bytes. A trailing slash is ignored.
    package init?(_ text: String) {
        let trimmed = text.hasSuffix("/") ? text.dropLast() : text[...]
        let segments = trimmed.split(separator: "/", omittingEmptySubsequences: false)
        let isPath =
            trimmed.isEmpty
            || segments[0].isEmpty && segments.dropFirst().allSatisfy { !["", ".", ".."].contains($0) }
        let isPlain = trimmed.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/._~-".utf8.contains(byte)
            }
        }
        guard isPath, isPlain, trimmed.utf8.count <= 200 else { return nil }
        self.text = String(trimmed)
    }

    /// Removes the base path, which some proxies leave in the path.
    func stripped(from path: Substring) -> Substring {
        guard !text.isEmpty, path.hasPrefix(text) else { return path }
        let rest = path.dropFirst(text.count)
        return rest.first == "/" ? rest : path
    }
}
