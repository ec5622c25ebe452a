#include "phone.h"

#include <charconv>

#include "http.h"
#include "websocket.h"

namespace {

constexpr std::string_view eventTypeName = R"("type":"call.)";

std::string_view callEventType(std::string_view event) {
    size_t at = event.find(eventTypeName);
    if (at == event.npos) return {};
    at += eventTypeName.size() - 5;
    return event.substr(at, event.find('"', at) - at);
}

class RingbackSocket final : public Phone, WebSocket {
public:
    RingbackSocket(int user, int device, PhoneOwner &owner, Loop &loop, int port)
        : Phone(user, device, owner),
          WebSocket(loop, port, "/v1/socket", "authorization: Bearer " + userToken(user, device) + "\r\n") {}

    void open() override { connect(); }

    void send(Message message, const Phone &recipient, std::string_view call) override {
        sendText(ringbackFrame(message, {nextID++, recipient.name, call}));
    }

private:
    void opened() override {}

    void receivedText(std::string_view text) override {
        if (text.starts_with(R"({"id":)")) {
            size_t at = text.find(R"("status":)");
            if (at == text.npos || text[at + 9] != '2') refuse(text);
            owner.acknowledged(*this, textAfter(R"("callId":")", text));
        } else if (std::string_view type = callEventType(text); !type.empty()) {
            owner.delivered(*this, type);
        } else if (text.find(R"("welcome")") != text.npos) {
            owner.opened(*this);
        } else {
            refuse(text);
        }
    }

    [[noreturn]] void refuse(std::string_view text) {
        fail("unexpected: %.*s", static_cast<int>(text.size()), text.data());
    }
};

class RelaySocket final : public Phone, WebSocket {
public:
    RelaySocket(int user, int device, PhoneOwner &owner, Loop &loop, int port)
        : Phone(user, device, owner), WebSocket(loop, port, "/", "") {}

    void open() override { connect(); }

    void send(Message message, const Phone &recipient, std::string_view) override {
        // A relay knows of no calls; the identifier is as long as Ringback's.
        sendText(relayFrame(message, {nextID++, recipient.name, "AAAAAAAAAAAAAAAAAAAAAA"}));
    }

private:
    void opened() override { sendText(R"({"id":0,"type":"login","name":")" + name + R"("})"); }

    void receivedText(std::string_view text) override {
        if (text.starts_with(R"({"ack":0,)")) owner.opened(*this);
        else if (text.starts_with(R"({"ack":)")) owner.acknowledged(*this, "");
        else if (text.starts_with(R"({"error")")) fail("refused: %.*s", static_cast<int>(text.size()), text.data());
        else owner.delivered(*this, "");
    }
};

/// Two connections: on one a poll waits, the other posts and is opened when there is something to post.
class RingbackPoll final : public Phone {
public:
    RingbackPoll(int user, int device, PhoneOwner &owner, Loop &loop, int port)
        : Phone(user, device, owner), poll(*this, loop, port), post(*this, loop, port) {}

    void open() override {
        poll.request("GET", "/v1/events", "");
        poll.connect();
    }

    void send(Message message, const Phone &recipient, std::string_view call) override {
        if (nextID++ == 1) post.connect();
        post.request("POST", restPath(message, call), restBody(message, {0, recipient.name, call}));
    }

private:
    struct Poll final : HTTPConnection {
        Poll(RingbackPoll &phone, Loop &loop, int port)
            : HTTPConnection(loop, port, userToken(phone.user, phone.device)), phone(phone) {}

        void answered(int status, std::string_view body) override {
            if (status != 200) fail("a poll got %d: %.*s", status, static_cast<int>(body.size()), body.data());
            std::string_view page = body.substr(body.rfind(R"("cursor":)"));
            request("GET", "/v1/events?waitSeconds=60&cursor=" + std::string(textAfter(R"("cursor":")", page)), "");
            if (!isOpen) {
                isOpen = true;
                return phone.owner.opened(phone);
            }
            for (size_t at = 0; (at = body.find(eventTypeName, at)) != body.npos; at++) {
                phone.owner.delivered(phone, callEventType(body.substr(at)));
            }
        }

        RingbackPoll &phone;
        bool isOpen = false;
    };

    struct Post final : HTTPConnection {
        Post(RingbackPoll &phone, Loop &loop, int port)
            : HTTPConnection(loop, port, userToken(phone.user, phone.device)), phone(phone) {}

        void answered(int status, std::string_view body) override {
            if (status >= 300) fail("a request got %d: %.*s", status, static_cast<int>(body.size()), body.data());
            phone.owner.acknowledged(phone, textAfter(R"("callId":")", body));
        }

        RingbackPoll &phone;
    };

    Poll poll;
    Post post;
};

}  // namespace

std::unique_ptr<Phone> makePhone(Transport transport, int user, int device, PhoneOwner &owner, Loop &loop, int port) {
    switch (transport) {
    case Transport::socket: return std::make_unique<RingbackSocket>(user, device, owner, loop, port);
    case Transport::poll: return std::make_unique<RingbackPoll>(user, device, owner, loop, port);
    case Transport::relay: return std::make_unique<RelaySocket>(user, device, owner, loop, port);
    }
    fail("no such transport");
}
