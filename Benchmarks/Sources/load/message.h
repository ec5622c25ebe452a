// The messages of a call, in Ringback's words and in the relays'.
#pragma once

#include <string>
#include <string_view>

enum class Message { invite, alerting, accept, offer, answer, candidate, connected, hangUp };

/// Who sends it, to whom, and in which call.
struct Envelope {
    int64_t id;
    std::string_view recipient;
    std::string_view call;
    /// The idempotency key; empty for none.
    std::string_view key;
};

/// A frame of Ringback's socket: {"id","op","key","data"}.
std::string_view ringbackFrame(Message message, const Envelope &envelope);
/// The same for a relay: {"id","type","to", and the data beside them}.
std::string_view relayFrame(Message message, const Envelope &envelope);
/// The path and the body of Ringback's request.
std::string restPath(Message message, std::string_view call);
std::string_view restBody(Message message, const Envelope &envelope);

/// The type of the event that tells the other side: `call.incoming`.
std::string_view eventType(Message message);
/// A string's value in a JSON text, found by its name; empty when it isn't there.
std::string_view textAfter(std::string_view name, std::string_view json);

/// A new idempotency key of 22 characters, as the SDKs make them.
std::string_view newKey();

std::string userName(int user);
std::string userToken(int user, int device);
