import RingbackWeb

/// The files for browsers, compiled in.
enum WebFiles {
    static let files = RingbackWeb.WebAssets.files
    static let sdk = RingbackWeb.WebAssets.sdk

    /// The names of the files of the demo, of the API reference, or of both.
    static func files(demo: Bool, docs: Bool) -> Set<String> {
        Set((demo ? Array(RingbackWeb.WebAssets.demo.keys) : []) + (docs ? Array(RingbackWeb.WebAssets.docs.keys) : []))
            .union(["icon.svg"])
    }

    static func mediaType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "ts": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }
}
