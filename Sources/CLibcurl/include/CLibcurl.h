#ifndef CLIBCURL_H
#define CLIBCURL_H

#include <curl/curl.h>
#include <wslay/wslay.h>

/* One function for each type of argument, because Swift can't call variadic functions. */

CURLcode clibcurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode clibcurl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode clibcurl_set_pointer(CURL *easy, CURLoption option, void *value);
/* For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION. */
CURLcode clibcurl_set_sink(CURL *easy, CURLoption option, curl_write_callback value);
/* For CURLOPT_OPENSOCKETFUNCTION. */
CURLcode clibcurl_set_open_socket(CURL *easy, curl_opensocket_callback value);
/* The sockaddr of the address passed to the callback, and the socket that libcurl would create for it. */
const void *clibcurl_address(const struct curl_sockaddr *address);
curl_socket_t clibcurl_open_socket(const struct curl_sockaddr *address);
CURLMcode clibcurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
/* Copies the body. Sets its size first, so that it may contain zeros. */
CURLcode clibcurl_set_body(CURL *easy, const void *bytes, curl_off_t count);

CURLcode clibcurl_get_long(CURL *easy, CURLINFO info, long *value);
CURLcode clibcurl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value);
CURLcode clibcurl_get_socket(CURL *easy, curl_socket_t *value);

/* Returns 1 and sets the two values if a transfer has ended, otherwise 0. (CURLMsg contains a union.) */
int clibcurl_next_done(CURLM *multi, CURL **easy, CURLcode *result);

/* Macros of curl.h that Swift does not import. */
size_t clibcurl_writefunc_pause(void);

/*
 * WebSockets of libcurl. The library may be newer at run time than at build time, so nothing here needs curl/websockets.h, and
 * the functions are looked up at run time.
 */

enum {
    CLIBCURL_WS_TEXT = 1 << 0,
    CLIBCURL_WS_BINARY = 1 << 1,
    CLIBCURL_WS_CONT = 1 << 2,
    CLIBCURL_WS_CLOSE = 1 << 3,
    CLIBCURL_WS_PING = 1 << 4,
    CLIBCURL_WS_PONG = 1 << 6,
};

/* A part of a frame. */
struct clibcurl_ws_piece {
    unsigned flags;
    size_t count;
    /* The remaining bytes of the frame. */
    curl_off_t left;
};

/*
 * Returns 1 if libcurl supports ws and is 8.14 or later. Before 8.13, the first frame of a fragmented message can't be
 * distinguished from a whole message. Before 8.14, its own pongs, which are wrong for a ping that arrives in two pieces, can't
 * be turned off. Must be called once, before the others.
 */
int clibcurl_ws_find(void);
/* Makes `easy` open a WebSocket and leave pings to the caller. The URL must be ws: or wss:. */
CURLcode clibcurl_ws_prepare(CURL *easy);
CURLcode clibcurl_ws_receive(CURL *easy, void *buffer, size_t capacity, struct clibcurl_ws_piece *piece);
/* Must be called again with the same bytes after CURLE_AGAIN, and with the rest after `sent`. */
CURLcode clibcurl_ws_send(CURL *easy, const void *bytes, size_t count, size_t *sent, unsigned flags);

#endif
