/// The files of this folder, compiled in: name to content.
package enum WebAssets {
    package static let files: [String: [UInt8]] = [
        "index.html": PackageResources.index_html,
        "demo.css": PackageResources.demo_css,
        "demo.js": PackageResources.demo_js,
        "docs.html": PackageResources.docs_html,
        "docs.css": PackageResources.docs_css,
        "docs.js": PackageResources.docs_js,
        "icon.svg": PackageResources.icon_svg,
    ]
}
