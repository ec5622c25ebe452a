#ifndef CLIBCURL_H
#define CLIBCURL_H

#include <curl/curl.h>
#include <wslay/wslay.h>

/* Swift can't call variadic functions: one typed function for each kind of argument. */

CURLcode clibcurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode clibcurl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode clibcurl_set_pointer(CURL *easy, CURLoption option, void *value);
/* For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION. */
CURLcode clibcurl_set_sink(CURL *easy, CURLoption option, curl_write_callback value);
/* For CURLOPT_OPENSOCKETFUNCTION. */
CURLcode clibcurl_set_open_socket(CURL *easy, curl_opensocket_callback value);
/* The sockaddr of an address that the callback gets, and the socket that libcurl would make for it. */
const void *clibcurl_address(const struct curl_sockaddr *address);
curl_socket_t clibcurl_open_socket(const struct curl_sockaddr *address);
CURLMcode clibcurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
/* Copies the body, and sets its size first, so that it may hold zeros. */
CURLcode clibcurl_set_body(CURL *easy, const void *bytes, curl_off_t count);

CURLcode clibcurl_get_long(CURL *easy, CURLINFO info, long *value);
CURLcode clibcurl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value);
CURLcode clibcurl_get_socket(CURL *easy, curl_socket_t *value);

/* CURLMsg has a union. Returns 1 and fills in the two when a transfer has ended, else 0. */
int clibcurl_next_done(CURLM *multi, CURL **easy, CURLcode *result);

/* Macros of curl.h that Swift does not see. */
size_t clibcurl_writefunc_pause(void);

/*
 * WebSockets of libcurl's. The library that a program runs with may be newer than the one it was built with, so nothing here
 * needs curl/websockets.h, and the functions are looked up at run time.
 */

enum {
    CLIBCURL_WS_TEXT = 1 << 0,
    CLIBCURL_WS_BINARY = 1 << 1,
    CLIBCURL_WS_CONT = 1 << 2,
    CLIBCURL_WS_CLOSE = 1 << 3,
    CLIBCURL_WS_PING = 1 << 4,
    CLIBCURL_WS_PONG = 1 << 6,
};

/* A piece of a frame. */
struct clibcurl_ws_piece {
    unsigned flags;
    size_t count;
    /* Bytes of the frame that are still to come. */
    curl_off_t left;
};

/*
 * Returns 1 when libcurl speaks ws, and well enough: 8.14 or later. Before 8.13 the first frame of a fragmented message can't be
 * told from a whole one, and before 8.14 its own pongs, which are wrong for a ping that comes in two pieces, can't be turned
 * off. To be called once, before the others.
 */
int clibcurl_ws_find(void);
/* Makes `easy` open a WebSocket and leave pings to the caller. Its URL is ws: or wss:. */
CURLcode clibcurl_ws_prepare(CURL *easy);
CURLcode clibcurl_ws_receive(CURL *easy, void *buffer, size_t capacity, struct clibcurl_ws_piece *piece);
/* To be called again with the same bytes after CURLE_AGAIN, and with what is left after `sent`. */
CURLcode clibcurl_ws_send(CURL *easy, const void *bytes, size_t count, size_t *sent, unsigned flags);

#endif
