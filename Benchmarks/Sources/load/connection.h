// A TCP connection to the server on loopback, with what has not been written or understood yet.
#pragma once

#include <string>
#include <string_view>

#include "loop.h"

class Connection : public Watched {
public:
    Connection(Loop &loop, int port) : loop(loop), port(port) {}
    ~Connection() override;
    /// Parameter number: of the client's address among those of loopback; 0 for the usual one.
    void connect(int number = 0);
    void write(std::string_view bytes);
    void ready(uint32_t events) override;

    static inline int64_t bytesReceived = 0;
    static inline int64_t bytesSent = 0;

protected:
    virtual void connected() = 0;
    /// Takes what it understands of `bytes`.
    ///
    /// Returns: how many bytes were taken.
    virtual size_t received(std::string_view bytes) = 0;

private:
    void flush();
    void read();

    Loop &loop;
    int port;
    int fd = -1;
    bool isConnected = false;
    std::string unread;
    std::string unwritten;
};
