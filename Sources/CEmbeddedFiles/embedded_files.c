#include "CEmbeddedFiles.h"

// Clang has #embed in every C; C has it since C23. In a Swift source the same bytes would be an array literal, which takes the
// compiler a minute.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char demo_account_js[] = {
#embed "../RingbackWeb/demo/account.js"
};
static const unsigned char demo_demo_css[] = {
#embed "../RingbackWeb/demo/demo.css"
};
static const unsigned char demo_demo_js[] = {
#embed "../RingbackWeb/demo/demo.js"
};
static const unsigned char demo_devices_js[] = {
#embed "../RingbackWeb/demo/devices.js"
};
static const unsigned char demo_directory_js[] = {
#embed "../RingbackWeb/demo/directory.js"
};
static const unsigned char demo_draw_js[] = {
#embed "../RingbackWeb/demo/draw.js"
};
static const unsigned char demo_history_js[] = {
#embed "../RingbackWeb/demo/history.js"
};
static const unsigned char demo_icon_svg[] = {
#embed "../RingbackWeb/demo/icon.svg"
};
static const unsigned char demo_index_html[] = {
#embed "../RingbackWeb/demo/index.html"
};
static const unsigned char demo_made_passwords_js[] = {
#embed "../RingbackWeb/demo/made-passwords.js"
};
static const unsigned char demo_people_js[] = {
#embed "../RingbackWeb/demo/people.js"
};
static const unsigned char demo_preview_js[] = {
#embed "../RingbackWeb/demo/preview.js"
};
static const unsigned char demo_push_js[] = {
#embed "../RingbackWeb/demo/push.js"
};
static const unsigned char demo_quiet_js[] = {
#embed "../RingbackWeb/demo/quiet.js"
};
static const unsigned char demo_storage_js[] = {
#embed "../RingbackWeb/demo/storage.js"
};
static const unsigned char demo_user_id_js[] = {
#embed "../RingbackWeb/demo/user-id.js"
};
static const unsigned char demo_words_js[] = {
#embed "../RingbackWeb/demo/words.js"
};
static const unsigned char docs_docs_css[] = {
#embed "../RingbackWeb/docs/docs.css"
};
static const unsigned char docs_docs_html[] = {
#embed "../RingbackWeb/docs/docs.html"
};
static const unsigned char docs_docs_js[] = {
#embed "../RingbackWeb/docs/docs.js"
};
static const unsigned char sdk_api_js[] = {
#embed "../RingbackWeb/sdk/api.js"
};
static const unsigned char sdk_call_style_js[] = {
#embed "../RingbackWeb/sdk/call-style.js"
};
static const unsigned char sdk_call_template_js[] = {
#embed "../RingbackWeb/sdk/call-template.js"
};
static const unsigned char sdk_call_js[] = {
#embed "../RingbackWeb/sdk/call.js"
};
static const unsigned char sdk_device_list_js[] = {
#embed "../RingbackWeb/sdk/device-list.js"
};
static const unsigned char sdk_feed_js[] = {
#embed "../RingbackWeb/sdk/feed.js"
};
static const unsigned char sdk_isolated_js[] = {
#embed "../RingbackWeb/sdk/isolated.js"
};
static const unsigned char sdk_media_js[] = {
#embed "../RingbackWeb/sdk/media.js"
};
static const unsigned char sdk_operations_js[] = {
#embed "../RingbackWeb/sdk/operations.js"
};
static const unsigned char sdk_peer_js[] = {
#embed "../RingbackWeb/sdk/peer.js"
};
static const unsigned char sdk_quality_charts_js[] = {
#embed "../RingbackWeb/sdk/quality-charts.js"
};
static const unsigned char sdk_quality_js[] = {
#embed "../RingbackWeb/sdk/quality.js"
};
static const unsigned char sdk_rejoin_js[] = {
#embed "../RingbackWeb/sdk/rejoin.js"
};
static const unsigned char sdk_ringback_call_js[] = {
#embed "../RingbackWeb/sdk/ringback-call.js"
};
static const unsigned char sdk_ringback_push_worker_js[] = {
#embed "../RingbackWeb/sdk/ringback-push-worker.js"
};
static const unsigned char sdk_ringback_push_d_ts[] = {
#embed "../RingbackWeb/sdk/ringback-push.d.ts"
};
static const unsigned char sdk_ringback_push_js[] = {
#embed "../RingbackWeb/sdk/ringback-push.js"
};
static const unsigned char sdk_ringback_d_ts[] = {
#embed "../RingbackWeb/sdk/ringback.d.ts"
};
static const unsigned char sdk_ringback_js[] = {
#embed "../RingbackWeb/sdk/ringback.js"
};
static const unsigned char sdk_safety_js[] = {
#embed "../RingbackWeb/sdk/safety.js"
};
static const unsigned char sdk_socket_js[] = {
#embed "../RingbackWeb/sdk/socket.js"
};
static const unsigned char sdk_tones_js[] = {
#embed "../RingbackWeb/sdk/tones.js"
};
static const unsigned char sdk_trouble_js[] = {
#embed "../RingbackWeb/sdk/trouble.js"
};
static const unsigned char sdk_words_en_js[] = {
#embed "../RingbackWeb/sdk/words-en.js"
};
static const unsigned char sdk_words_ru_js[] = {
#embed "../RingbackWeb/sdk/words-ru.js"
};
static const unsigned char openapi_yaml[] = {
#embed "../../openapi/openapi.yaml"
};

#define FILE(path, bytes) {path, bytes, sizeof bytes}
static const EmbeddedFile files[] = {
    FILE("demo/account.js", demo_account_js),
    FILE("demo/demo.css", demo_demo_css),
    FILE("demo/demo.js", demo_demo_js),
    FILE("demo/devices.js", demo_devices_js),
    FILE("demo/directory.js", demo_directory_js),
    FILE("demo/draw.js", demo_draw_js),
    FILE("demo/history.js", demo_history_js),
    FILE("demo/icon.svg", demo_icon_svg),
    FILE("demo/index.html", demo_index_html),
    FILE("demo/made-passwords.js", demo_made_passwords_js),
    FILE("demo/people.js", demo_people_js),
    FILE("demo/preview.js", demo_preview_js),
    FILE("demo/push.js", demo_push_js),
    FILE("demo/quiet.js", demo_quiet_js),
    FILE("demo/storage.js", demo_storage_js),
    FILE("demo/user-id.js", demo_user_id_js),
    FILE("demo/words.js", demo_words_js),
    FILE("docs/docs.css", docs_docs_css),
    FILE("docs/docs.html", docs_docs_html),
    FILE("docs/docs.js", docs_docs_js),
    FILE("sdk/api.js", sdk_api_js),
    FILE("sdk/call-style.js", sdk_call_style_js),
    FILE("sdk/call-template.js", sdk_call_template_js),
    FILE("sdk/call.js", sdk_call_js),
    FILE("sdk/device-list.js", sdk_device_list_js),
    FILE("sdk/feed.js", sdk_feed_js),
    FILE("sdk/isolated.js", sdk_isolated_js),
    FILE("sdk/media.js", sdk_media_js),
    FILE("sdk/operations.js", sdk_operations_js),
    FILE("sdk/peer.js", sdk_peer_js),
    FILE("sdk/quality-charts.js", sdk_quality_charts_js),
    FILE("sdk/quality.js", sdk_quality_js),
    FILE("sdk/rejoin.js", sdk_rejoin_js),
    FILE("sdk/ringback-call.js", sdk_ringback_call_js),
    FILE("sdk/ringback-push-worker.js", sdk_ringback_push_worker_js),
    FILE("sdk/ringback-push.d.ts", sdk_ringback_push_d_ts),
    FILE("sdk/ringback-push.js", sdk_ringback_push_js),
    FILE("sdk/ringback.d.ts", sdk_ringback_d_ts),
    FILE("sdk/ringback.js", sdk_ringback_js),
    FILE("sdk/safety.js", sdk_safety_js),
    FILE("sdk/socket.js", sdk_socket_js),
    FILE("sdk/tones.js", sdk_tones_js),
    FILE("sdk/trouble.js", sdk_trouble_js),
    FILE("sdk/words-en.js", sdk_words_en_js),
    FILE("sdk/words-ru.js", sdk_words_ru_js),
    FILE("openapi.yaml", openapi_yaml),
};

size_t embedded_file_count(void) { return sizeof files / sizeof files[0]; }

const EmbeddedFile *embedded_file(size_t index) { return &files[index]; }
