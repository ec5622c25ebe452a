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
/* Copies the body, and sets its size first, so that it may hold zeros. */
CURLcode clibcurl_set_body(CURL *easy, const void *bytes, curl_off_t count);

CURLcode clibcurl_get_long(CURL *easy, CURLINFO info, long *value);
CURLcode clibcurl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value);
CURLcode clibcurl_get_socket(CURL *easy, curl_socket_t *value);

/* CURLMsg has a union. Returns 1 and fills in the two when a transfer has ended, else 0. */
int clibcurl_next_done(CURLM *multi, CURL **easy, CURLcode *result);

/* Macros of curl.h that Swift does not see. */
size_t clibcurl_writefunc_pause(void);

#endif
