#include "websocket.h"

#include <cstring>

namespace {

enum Opcode { text = 1, closing = 8, ping = 9, pong = 10 };

constexpr unsigned char mask[4] = {0x37, 0xFA, 0x21, 0x3D};

void appendMasked(std::string &frame, std::string_view payload) {
    uint64_t wide;
    memcpy(&wide, mask, 4);
    memcpy(reinterpret_cast<char *>(&wide) + 4, mask, 4);
    size_t start = frame.size();
    frame.append(payload);
    char *bytes = frame.data() + start;
    size_t index = 0;
    for (; index + 8 <= payload.size(); index += 8) {
        uint64_t word;
        memcpy(&word, bytes + index, 8);
        word ^= wide;
        memcpy(bytes + index, &word, 8);
    }
    for (; index < payload.size(); index++) bytes[index] = static_cast<char>(bytes[index] ^ mask[index % 4]);
}

}  // namespace

WebSocket::WebSocket(Loop &loop, int port, std::string path, std::string headers)
    : Connection(loop, port), path(std::move(path)), headers(std::move(headers)) {}

void WebSocket::connected() {
    write("GET " + path + " HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
          "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + headers + "\r\n");
}

void WebSocket::sendText(std::string_view payload) { sendFrame(text, payload); }

void WebSocket::sendFrame(int opcode, std::string_view payload) {
    static std::string frame;
    frame.clear();
    size_t size = payload.size();
    frame += static_cast<char>(0x80 | opcode);
    if (size < 126) {
        frame += static_cast<char>(0x80 | size);
    } else {
        if (size > 0xFFFF) fail("a message is too large");
        frame += static_cast<char>(0x80 | 126);
        frame += static_cast<char>(size >> 8);
        frame += static_cast<char>(size);
    }
    frame.append(reinterpret_cast<const char *>(mask), 4);
    appendMasked(frame, payload);
    write(frame);
}

size_t WebSocket::received(std::string_view bytes) {
    size_t taken = 0;
    if (!isOpen) {
        taken = receivedHead(bytes);
        if (taken == 0) return 0;
    }
    while (bytes.size() - taken >= 2) {
        auto byte = [&](size_t index) { return static_cast<unsigned char>(bytes[taken + index]); };
        size_t size = byte(1) & 0x7F, head = size < 126 ? 2 : size == 126 ? 4 : 10;
        if (bytes.size() - taken < head) break;
        if (head > 2) {
            size = 0;
            for (size_t index = 2; index < head; index++) size = size << 8 | byte(index);
        }
        if (bytes.size() - taken < head + size) break;
        if (!(byte(0) & 0x80)) fail("a fragmented message");
        int opcode = byte(0) & 0x0F;
        std::string_view payload = bytes.substr(taken + head, size);
        taken += head + size;
        receivedFrame(opcode, payload);
    }
    return taken;
}

size_t WebSocket::receivedHead(std::string_view bytes) {
    size_t end = bytes.find("\r\n\r\n");
    if (end == bytes.npos) return 0;
    if (bytes.substr(9, 3) != "101") fail("no upgrade: %.*s", static_cast<int>(bytes.size()), bytes.data());
    isOpen = true;
    std::string().swap(headers);
    opened();
    return end + 4;
}

void WebSocket::receivedFrame(int opcode, std::string_view payload) {
    switch (opcode) {
    case text: receivedText(payload); break;
    case ping: sendFrame(pong, payload); break;
    case pong: break;
    case closing: fail("the server closed a socket: %.*s", static_cast<int>(payload.size()), payload.data());
    default: fail("an unexpected frame, opcode %d", opcode);
    }
}
