#include "connection.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

Connection::~Connection() {
    if (fd >= 0) close(fd);
}

void Connection::connect(int number) {
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket: %s", strerror(errno));
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (number > 0) {
        // 127.1.0.0 and on.
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 0xFFFF + static_cast<uint32_t>(number));
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        if (bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) < 0) fail("bind: %s", strerror(errno));
    }
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int result = ::connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address);
    if (result < 0 && errno != EINPROGRESS) fail("connect: %s", strerror(errno));
    loop.add(fd, this, EPOLLOUT);
}

void Connection::write(std::string_view bytes) {
    bytesSent += static_cast<int64_t>(bytes.size());
    if (!unwritten.empty()) {
        unwritten += bytes;
        return;
    }
    ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) fail("send: %s", strerror(errno));
    if (count < 0) count = 0;
    if (static_cast<size_t>(count) < bytes.size()) {
        unwritten = bytes.substr(static_cast<size_t>(count));
        loop.change(fd, this, EPOLLIN | EPOLLOUT);
    }
}

void Connection::flush() {
    ssize_t count = send(fd, unwritten.data(), unwritten.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) fail("send: %s", strerror(errno));
    if (count > 0) unwritten.erase(0, static_cast<size_t>(count));
    if (unwritten.empty()) loop.change(fd, this, EPOLLIN);
}

void Connection::ready(uint32_t events) {
    if (!isConnected) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) fail("connect: %s", strerror(error));
        isConnected = true;
        loop.change(fd, this, EPOLLIN);
        connected();
        return;
    }
    if (events & EPOLLOUT) flush();
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read();
}

void Connection::read() {
    char buffer[64 * 1024];
    ssize_t count = recv(fd, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) fail("recv: %s", strerror(errno));
    if (count == 0) fail("the server closed a connection");
    bytesReceived += count;
    std::string_view bytes(buffer, static_cast<size_t>(count));
    if (unread.empty()) {
        size_t taken = received(bytes);
        if (taken < bytes.size()) unread = bytes.substr(taken);
    } else {
        unread += bytes;
        size_t taken = received(unread);
        unread.erase(0, taken);
        if (unread.empty()) std::string().swap(unread);
    }
}
