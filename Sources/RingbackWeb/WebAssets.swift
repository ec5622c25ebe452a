import CEmbeddedFiles

/// The files for browsers, compiled in, by name.
package enum WebAssets {
    /// The files of the pages, served at /assets.
    package static let files = demo.merging(docs) { first, _ in first }

    package static let demo = files(in: "demo/")
    package static let docs = files(in: "docs/")

    /// The files of the browser SDK, served at /sdk.
    package static let sdk = files(in: "sdk/")

    private static func files(in folder: String) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for index in 0..<embedded_file_count() {
            guard let file = embedded_file(index)?.pointee else { continue }
            let path = String(cString: file.path)
            guard path.hasPrefix(folder) else { continue }
            files[String(path.dropFirst(folder.count))] = Array(
                UnsafeBufferPointer(start: file.bytes, count: file.count))
        }
        return files
    }
}
