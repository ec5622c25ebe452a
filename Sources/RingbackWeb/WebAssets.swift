/// The files of this folder, compiled in: name to content.
package enum WebAssets {
    /// What the pages consist of, served at /assets.
    package static let files: [String: [UInt8]] = [
        "account.js": PackageResources.account_js,
        "demo.css": PackageResources.demo_css,
        "demo.js": PackageResources.demo_js,
        "directory.js": PackageResources.directory_js,
        "draw.js": PackageResources.draw_js,
        "history.js": PackageResources.history_js,
        "icon.svg": PackageResources.icon_svg,
        "index.html": PackageResources.index_html,
        "people.js": PackageResources.people_js,
        "preview.js": PackageResources.preview_js,
        "storage.js": PackageResources.storage_js,
        "user-id.js": PackageResources.user_id_js,
        "words.js": PackageResources.words_js,
        "docs.css": PackageResources.docs_css,
        "docs.html": PackageResources.docs_html,
        "docs.js": PackageResources.docs_js,
    ]

    /// The browser SDK, served at /sdk.
    package static let sdk: [String: [UInt8]] = [
        "api.js": PackageResources.api_js,
        "call-style.js": PackageResources.call_style_js,
        "call-template.js": PackageResources.call_template_js,
        "call.js": PackageResources.call_js,
        "device-list.js": PackageResources.device_list_js,
        "feed.js": PackageResources.feed_js,
        "media.js": PackageResources.media_js,
        "peer.js": PackageResources.peer_js,
        "quality-charts.js": PackageResources.quality_charts_js,
        "quality.js": PackageResources.quality_js,
        "ringback-call.js": PackageResources.ringback_call_js,
        "ringback.d.ts": PackageResources.ringback_d_ts,
        "ringback.js": PackageResources.ringback_js,
        "safety.js": PackageResources.safety_js,
        "tones.js": PackageResources.tones_js,
        "transports.js": PackageResources.transports_js,
        "words-en.js": PackageResources.words_en_js,
        "words-ru.js": PackageResources.words_ru_js,
    ]
}
