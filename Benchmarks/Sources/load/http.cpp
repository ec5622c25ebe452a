#include "http.h"

#include <charconv>

void HTTPConnection::request(std::string_view method, std::string_view path, std::string_view body,
                             std::string_view headers) {
    std::string text;
    text.reserve(body.size() + 256);
    text.append(method).append(" ").append(path).append(" HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ");
    text.append(token).append("\r\n").append(headers);
    if (method != "GET") {
        text.append("content-type: application/json\r\ncontent-length: ").append(std::to_string(body.size()));
        text.append("\r\n");
    }
    text.append("\r\n").append(body);
    if (isBusy) return waiting.push_back(std::move(text));
    isBusy = true;
    write(text);
}

void HTTPConnection::sendNext() {
    isBusy = !waiting.empty();
    if (!isBusy) return;
    write(waiting.front());
    waiting.pop_front();
}

size_t HTTPConnection::received(std::string_view bytes) {
    size_t end = bytes.find("\r\n\r\n");
    if (end == bytes.npos) return 0;
    std::string_view head = bytes.substr(0, end + 2);
    constexpr std::string_view name = "ontent-length: ", nameToo = "ontent-Length: ";
    size_t at = head.find(name);
    if (at == head.npos) at = head.find(nameToo);
    if (at == head.npos) fail("no content-length: %.*s", static_cast<int>(head.size()), head.data());
    size_t size = 0;
    int status = 0;
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), size);
    std::from_chars(head.data() + 9, head.data() + 12, status);
    if (bytes.size() < end + 4 + size) return 0;
    sendNext();
    answered(status, bytes.substr(end + 4, size));
    return end + 4 + size;
}
