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
    RingbackSocket(bool hasKeys, int user, int device, PhoneOwner &owner, Loop &loop, int port)
        : Phone(user, device, owner),
          WebSocket(loop, port, "/v1/socket", "sec-websocket-protocol: ringback.v1\r\n"), hasKeys(hasKeys) {}

    void open() override { connect(); }

    void send(Message message, const Phone &recipient, std::string_view call) override {
        sendText(ringbackFrame(message, {nextID++, recipient.name, call, hasKeys ? newKey() : ""}));
    }

private:
    void opened() override { sendText(R"({"op":"hello","data":{"token":")" + userToken(user, device) + R"("}})"); }

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

    const bool hasKeys;
};

class RelaySocket final : public Phone, WebSocket {
public:
    RelaySocket(const PhoneOptions &options, int user, int device, PhoneOwner &owner, Loop &loop, int port)
        : Phone(user, device, owner), WebSocket(loop, port, "/", ""), options(options) {}

    void open() override { connect(); }

    void send(Message message, const Phone &recipient, std::string_view) override {
        // A relay knows of no calls; the identifier is as long as Ringback's.
        sendText(relayFrame(message, {nextID++, recipient.name, "AAAAAAAAAAAAAAAAAAAAAA", ""}));
        if (!options.isAcknowledged) owner.acknowledged(*this, "");
    }

private:
    void opened() override {
        if (options.signsIn) sendText(R"({"id":0,"type":"login","name":")" + name + R"("})");
        else owner.opened(*this);
    }

    void receivedText(std::string_view text) override {
        if (text.starts_with(R"({"ack":0,)")) owner.opened(*this);
        else if (text.starts_with(R"({"ack":)")) owner.acknowledged(*this, "");
        else if (text.starts_with(R"({"error")")) fail("refused: %.*s", static_cast<int>(text.size()), text.data());
        else owner.delivered(*this, "");
    }

    const PhoneOptions options;
};

/// Sends to the recipient by name, because sessions of different nodes have the same numbers. Nothing is acknowledged: a message
/// counts as such when it is sent.
class SpreedSocket final : public Phone, WebSocket {
public:
    SpreedSocket(int backendPort, int user, int device, PhoneOwner &owner, Loop &loop, int port)
        : Phone(user, device, owner), WebSocket(loop, port, "/spreed", ""), backendPort(backendPort) {}

    void open() override { connect(); }

    void send(Message message, const Phone &recipient, std::string_view) override {
        std::string text = R"({"type":"message","message":{"recipient":{"type":"user","userid":")" + recipient.name;
        text.append(R"("},"data":)").append(relayFrame(message, {nextID++, recipient.name, "AAAAAAAAAAAAAAAAAAAAAA", ""}));
        sendText(text += "}}");
        owner.acknowledged(*this, "");
    }

private:
    void opened() override {
        sendText(R"({"id":"1","type":"hello","hello":{"version":"1.0","auth":{"url":"http://127.0.0.1:)" +
                 std::to_string(backendPort) + R"(/","params":{"userid":")" + name + R"("}}}})");
    }

    void receivedText(std::string_view text) override {
        if (text.find(R"("type":"message","message":)") != text.npos) owner.delivered(*this, "");
        else if (text.find(R"("type":"hello")") != text.npos) owner.opened(*this);
        else fail("unexpected: %.*s", static_cast<int>(text.size()), text.data());
    }

    const int backendPort;
};

/// Two connections: on one a poll waits, the other posts and is opened when there is something to post.
class RingbackPoll final : public Phone {
public:
    RingbackPoll(bool hasKeys, int user, int device, PhoneOwner &owner, Loop &loop, int port)
        : Phone(user, device, owner), hasKeys(hasKeys), poll(*this, loop, port), post(*this, loop, port) {}

    void open() override {
        poll.request("GET", "/v1/events", "");
        poll.connect();
    }

    void send(Message message, const Phone &recipient, std::string_view call) override {
        if (nextID++ == 1) post.connect();
        std::string headers;
        if (hasKeys) headers.append("idempotency-key: ").append(newKey()).append("\r\n");
        post.request("POST", restPath(message, call), restBody(message, {0, recipient.name, call, ""}), headers);
    }

private:
    struct Poll final : HTTPConnection {
        Poll(RingbackPoll &phone, Loop &loop, int port)
            : HTTPConnection(loop, port, userToken(phone.user, phone.device)), phone(phone) {}

        void answered(int status, std::string_view body) override {
            if (status != 200) fail("a poll got %d: %.*s", status, static_cast<int>(body.size()), body.data());
            std::string_view page = body.substr(body.rfind(R"("cursor":)"));
            request("GET", "/v1/events?waitSeconds=25&limit=100&cursor=" + std::string(textAfter(R"("cursor":")", page)), "");
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

    const bool hasKeys;
    Poll poll;
    Post post;
};

}  // namespace

std::unique_ptr<Phone> makePhone(
    const PhoneOptions &options, int user, int device, PhoneOwner &owner, Loop &loop, int port) {
    switch (options.transport) {
    case Transport::socket: return std::make_unique<RingbackSocket>(options.hasKeys, user, device, owner, loop, port);
    case Transport::poll: return std::make_unique<RingbackPoll>(options.hasKeys, user, device, owner, loop, port);
    case Transport::relay: return std::make_unique<RelaySocket>(options, user, device, owner, loop, port);
    case Transport::spreed:
        return std::make_unique<SpreedSocket>(options.backendPort, user, device, owner, loop, port);
    case Transport::stream:
    case Transport::mixed: break;
    }
    fail("no such transport");
}
