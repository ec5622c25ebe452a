// A signed-in device: it sends messages and hears of acknowledgements and deliveries, whatever the transport.
#pragma once

#include <memory>

#include "loop.h"
#include "message.h"

class Phone;

struct PhoneOwner {
    virtual void opened(Phone &phone) = 0;
    /// Parameter call: the call's identifier, when the answer has one.
    virtual void acknowledged(Phone &phone, std::string_view call) = 0;
    /// Parameter type: `call.incoming`, or empty where the transport doesn't tell.
    virtual void delivered(Phone &phone, std::string_view type) = 0;

protected:
    ~PhoneOwner() = default;
};

class Phone {
public:
    Phone(int user, int device, PhoneOwner &owner) : user(user), device(device), name(userName(user)), owner(owner) {}
    virtual ~Phone() = default;
    virtual void open() = 0;
    virtual void send(Message message, const Phone &recipient, std::string_view call) = 0;

    const int user, device;
    const std::string name;

protected:
    PhoneOwner &owner;
    int64_t nextID = 1;
};

enum class Transport {
    /// Ringback's socket.
    socket,
    /// Ringback's REST and long-poll.
    poll,
    /// A relay's socket.
    relay,
    /// A socket of nextcloud-spreed-signaling.
    spreed,
    /// Ringback's server-sent events; only to reconnect.
    stream,
    /// Ringback's three in turn; only to reconnect.
    mixed,
};

struct PhoneOptions {
    Transport transport = Transport::socket;
    /// Writes to Ringback have an idempotency key each, as those of the SDKs have.
    bool hasKeys = true;
    /// The relay acknowledges what is sent; if it doesn't, a message counts as acknowledged when it is sent.
    bool isAcknowledged = true;
    /// The phone signs in at the relay; without that it is open when the WebSocket is.
    bool signsIn = true;
    /// Where nextcloud-spreed-signaling asks who its clients are.
    int backendPort = 0;
};

std::unique_ptr<Phone> makePhone(
    const PhoneOptions &options, int user, int device, PhoneOwner &owner, Loop &loop, int port);
