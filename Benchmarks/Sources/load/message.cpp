#include "message.h"

#include <cstdio>
#include <random>

namespace {

/// A description of 3 KB as a JSON string, with the line ends escaped.
std::string makeSDP() {
    std::string sdp = R"(v=0\r\no=- 4611733059394 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n)";
    for (int line = 96; sdp.size() < 3000 - 48; line++) {
        sdp += R"(a=rtpmap:)" + std::to_string(line) + R"( VP8/90000\r\na=rtcp-fb:)" + std::to_string(line);
        sdp += R"( transport-cc\r\n)";
    }
    return sdp;
}

const std::string sdp = makeSDP();

constexpr std::string_view candidate =
    R"({"candidate":"candidate:2999745851 1 udp 2113937151 192.168.56.101 51556 typ host generation 0 ufrag 4ZcD )"
    R"(network-id 1 network-cost 50","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"4ZcD"})";

struct Names {
    std::string_view operation, path, type, event;
};

constexpr Names names[] = {
    {"invite", "", "invite", "call.incoming"},
    {"alerting", "/alerting", "alerting", "call.ringing"},
    {"accept", "/accept", "accept", "call.accepted"},
    {"sendOffer", "/offer", "offer", "call.offer"},
    {"sendAnswer", "/answer", "answer", "call.answer"},
    {"addCandidates", "/candidates", "candidates", "call.candidates"},
    {"connected", "/connected", "connected", "call.active"},
    {"hangUp", "/hangup", "hangup", "call.ended"},
};

const Names &namesOf(Message message) { return names[static_cast<int>(message)]; }

void appendMembers(std::string &json, Message message) {
    switch (message) {
    case Message::invite: json += R"("media":{"audio":true,"video":true})"; break;
    case Message::offer: json.append(R"("description":{"type":"offer","sdp":")").append(sdp).append("\"}"); break;
    case Message::answer: json.append(R"("description":{"type":"answer","sdp":")").append(sdp).append("\"}"); break;
    case Message::candidate: json.append(R"("candidates":[)").append(candidate).append("]"); break;
    case Message::hangUp: json += R"("reason":"completed")"; break;
    case Message::alerting:
    case Message::accept:
    case Message::connected: break;
    }
}

std::string buffer;

}  // namespace

std::string_view ringbackFrame(Message message, const Envelope &envelope) {
    buffer.assign(R"({"id":)").append(std::to_string(envelope.id)).append(R"(,"op":")");
    buffer.append(namesOf(message).operation);
    if (!envelope.key.empty()) buffer.append(R"(","key":")").append(envelope.key);
    buffer.append(R"(","data":{)");
    if (message == Message::invite) buffer.append(R"("callee":")").append(envelope.recipient);
    else buffer.append(R"("callId":")").append(envelope.call);
    buffer += "\",";
    appendMembers(buffer, message);
    if (buffer.back() == ',') buffer.pop_back();
    return buffer += "}}";
}

std::string_view relayFrame(Message message, const Envelope &envelope) {
    buffer.assign(R"({"id":)").append(std::to_string(envelope.id)).append(R"(,"type":")");
    buffer.append(namesOf(message).type).append(R"(","to":")").append(envelope.recipient);
    buffer.append(R"(","callId":")").append(envelope.call).append("\",");
    appendMembers(buffer, message);
    if (buffer.back() == ',') buffer.pop_back();
    return buffer += "}";
}

std::string restPath(Message message, std::string_view call) {
    std::string path = "/v1/calls";
    if (message != Message::invite) path.append("/").append(call).append(namesOf(message).path);
    return path;
}

std::string_view restBody(Message message, const Envelope &envelope) {
    buffer.assign("{");
    if (message == Message::invite) buffer.append(R"("callee":")").append(envelope.recipient).append("\",");
    appendMembers(buffer, message);
    return buffer += "}";
}

std::string_view eventType(Message message) { return namesOf(message).event; }

std::string_view textAfter(std::string_view name, std::string_view json) {
    size_t at = json.find(name);
    if (at == json.npos) return {};
    at += name.size();
    return json.substr(at, json.find('"', at) - at);
}

std::string_view newKey() {
    static std::mt19937_64 random(std::random_device{}());
    static char key[22];
    for (size_t at = 0; at < sizeof key;) {
        uint64_t bits = random();
        for (int count = 0; count < 10 && at < sizeof key; count++, bits >>= 6) {
            key[at++] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[bits & 63];
        }
    }
    return {key, sizeof key};
}

std::string userName(int user) {
    char text[16];
    snprintf(text, sizeof text, "user%07d", user);
    return text;
}

std::string userToken(int user, int device) {
    char text[48];
    snprintf(text, sizeof text, "benchmark-%03d%030d", device, user);
    return text;
}
