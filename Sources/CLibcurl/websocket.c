#define _GNU_SOURCE
#include "CLibcurl.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/socket.h>

/* As in curl/websockets.h of 8.14. Later versions may add members at the end. */
struct ws_frame {
    int age;
    int flags;
    curl_off_t offset;
    curl_off_t bytesleft;
    size_t len;
};

static CURLcode (*ws_recv)(CURL *, void *, size_t, size_t *, const struct ws_frame **);
static CURLcode (*ws_send)(CURL *, const void *, size_t, size_t *, curl_off_t, unsigned);

int clibcurl_ws_find(void) {
    /* In Debian 12's libcurl the functions exist, but only return that they are not built in. */
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    if (info->version_num < 0x080E00) return 0;
    int speaks = 0;
    for (const char *const *name = info->protocols; *name != NULL; name++) {
        if (strcmp(*name, "ws") == 0) speaks = 1;
    }
    if (!speaks) return 0;
    *(void **)&ws_recv = dlsym(RTLD_DEFAULT, "curl_ws_recv");
    *(void **)&ws_send = dlsym(RTLD_DEFAULT, "curl_ws_send");
    return ws_recv != NULL && ws_send != NULL;
}

/*
 * 8.14 reads into chunks of 64 KiB and continues while the network fills one, so a fast server would make it read without
 * limit. Therefore the buffer of the system must be smaller than that.
 */
static int bound_buffer(void *context, curl_socket_t socket, curlsocktype purpose) {
    int bytes = 32 << 10;
    (void)context;
    (void)purpose;
    setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    return CURL_SOCKOPT_OK;
}

CURLcode clibcurl_ws_prepare(CURL *easy) {
    /* CURLOPT_WS_OPTIONS and its CURLWS_NOAUTOPONG. */
    CURLcode result = curl_easy_setopt(easy, (CURLoption)(CURLOPTTYPE_LONG + 320), 1L << 1);
    if (result == CURLE_OK) result = curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, bound_buffer);
    return result != CURLE_OK ? result : curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 2L);
}

CURLcode clibcurl_ws_receive(CURL *easy, void *buffer, size_t capacity, struct clibcurl_ws_piece *piece) {
    const struct ws_frame *frame = NULL;
    CURLcode result = ws_recv(easy, buffer, capacity, &piece->count, &frame);
    if (result != CURLE_OK) return result;
    if (frame == NULL) return CURLE_RECV_ERROR;
    piece->flags = (unsigned)frame->flags;
    piece->left = frame->bytesleft;
    return CURLE_OK;
}

CURLcode clibcurl_ws_send(CURL *easy, const void *bytes, size_t count, size_t *sent, unsigned flags) {
    return ws_send(easy, bytes, count, sent, 0, flags);
}
