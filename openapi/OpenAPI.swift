import CEmbeddedFiles

/// The contract, compiled in.
package enum OpenAPI {
    /// `openapi.yaml`, as it stands in this folder.
    package static let yaml: [UInt8] = {
        for index in 0..<embedded_file_count() {
            guard let file = embedded_file(index)?.pointee, String(cString: file.path) == "openapi.yaml" else { continue }
            return Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
        }
        preconditionFailure("openapi.yaml is not among the embedded files")
    }()
}
