// The client's side of RFC 6455, as much of it as a benchmark needs.
#pragma once

#include "connection.h"

class WebSocket : public Connection {
public:
    /// Parameter headers: lines to add to the upgrade's request, each with its line end.
    WebSocket(Loop &loop, int port, std::string path, std::string headers);
    void sendText(std::string_view text);

protected:
    virtual void opened() = 0;
    virtual void receivedText(std::string_view text) = 0;

private:
    void connected() override;
    size_t received(std::string_view bytes) override;
    size_t receivedHead(std::string_view bytes);
    void receivedFrame(int opcode, std::string_view payload);
    void sendFrame(int opcode, std::string_view payload);

    std::string path, headers;
    bool isOpen = false;
};
