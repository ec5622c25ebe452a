import RingbackWeb

/// The files for browsers, compiled in.
enum WebFiles {
    static let files = RingbackWeb.WebAssets.files
    static let sdk = RingbackWeb.WebAssets.sdk

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
