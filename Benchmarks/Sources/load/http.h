// A keep-alive HTTP/1.1 connection, one request at a time.
#pragma once

#include <deque>

#include "connection.h"

class HTTPConnection : public Connection {
public:
    HTTPConnection(Loop &loop, int port, std::string token) : Connection(loop, port), token(std::move(token)) {}
    /// Parameter headers: lines to add to the head, each with its line end. Sends the request when there is a connection and the ones before it are answered.
    void request(std::string_view method, std::string_view path, std::string_view body,
                 std::string_view headers = "");

protected:
    void connected() override { sendNext(); }
    virtual void answered(int status, std::string_view body) = 0;

private:
    size_t received(std::string_view bytes) override;
    void sendNext();

    std::string token;
    std::deque<std::string> waiting;
    bool isBusy = true;
};
