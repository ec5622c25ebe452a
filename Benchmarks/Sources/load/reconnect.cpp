#include <algorithm>
#include <cstdio>
#include <fstream>

#include "http.h"
#include "scenario.h"
#include "websocket.h"

namespace {

/// The cursor that a client comes back with, empty for none, and how many events it gets then, 0 if that is not known.
struct Place {
    std::string cursor;
    int64_t events = 0;
};

/// A client that comes back: it gets a snapshot or events.
class Returning {
public:
    Returning(int user, const Place &place, size_t &doneCount)
        : number(user + 1), token(userToken(user, 0)), cursor(place.cursor), missed(place.events), doneCount(doneCount) {}
    virtual ~Returning() = default;
    virtual void begin() = 0;

    /// With a snapshot, where it came to; with a cursor, the same, and how many events it got.
    Place place() const { return {cursor.empty() ? given : cursor, seen}; }

protected:
    /// Parameter newest: a cursor that came along. isAll: these are all the events there are.
    void hear(int64_t events, std::string_view newest, bool isAll) {
        given = newest;
        seen += events;
        if (isDone || (!isAll && seen < missed)) return;
        isDone = true;
        doneCount++;
    }

    std::string query(std::string_view separator) const {
        return cursor.empty() ? "" : std::string(separator) + "cursor=" + cursor;
    }

    /// Of its address: clients come from everywhere.
    const int number;
    const std::string token, cursor;

private:
    const int64_t missed;
    int64_t seen = 0;
    std::string given;
    bool isDone = false;
    size_t &doneCount;
};

constexpr std::string_view eventName = R"("type":"call.)", cursorName = R"("cursor":")";

int64_t count(std::string_view name, std::string_view text) {
    int64_t count = 0;
    for (size_t at = 0; (at = text.find(name, at)) != text.npos; at++) count++;
    return count;
}

class ReturningSocket final : public Returning, WebSocket {
public:
    ReturningSocket(int user, const Place &place, size_t &doneCount, Loop &loop, int port)
        : Returning(user, place, doneCount),
          WebSocket(loop, port, "/v1/socket", "sec-websocket-protocol: ringback.v1\r\n") {}

    void begin() override { connect(number); }

private:
    void opened() override {
        std::string hello = R"({"op":"hello","data":{"token":")" + token + "\"";
        if (!cursor.empty()) hello += R"(,"cursor":")" + cursor + "\"";
        sendText(hello + "}}");
    }

    void receivedText(std::string_view text) override {
        if (!cursor.empty() && text.find(R"("recovered":false)") != text.npos) fail("a cursor has expired");
        hear(count(eventName, text), textAfter(cursorName, text), cursor.empty());
    }
};

class ReturningPoll final : public Returning, HTTPConnection {
public:
    ReturningPoll(int user, const Place &place, size_t &doneCount, Loop &loop, int port)
        : Returning(user, place, doneCount), HTTPConnection(loop, port, userToken(user, 0)) {}

    void begin() override {
        request("GET", "/v1/events?waitSeconds=0&limit=100" + query("&"), "");
        connect(number);
    }

private:
    void answered(int status, std::string_view body) override {
        if (status != 200) fail("a poll got %d: %.*s", status, static_cast<int>(body.size()), body.data());
        hear(count(eventName, body), textAfter(cursorName, body.substr(body.rfind(cursorName))), true);
    }
};

class ReturningStream final : public Returning, Connection {
public:
    ReturningStream(int user, const Place &place, size_t &doneCount, Loop &loop, int port)
        : Returning(user, place, doneCount), Connection(loop, port) {}

    void begin() override { connect(number); }

private:
    void connected() override {
        write("GET /v1/events/stream" + query("?") + " HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n"
              "authorization: Bearer " + token + "\r\n\r\n");
    }

    size_t received(std::string_view bytes) override {
        size_t end = bytes.rfind('\n');
        if (end == bytes.npos) return 0;
        // The line end stays, because what is looked for begins with it.
        std::string_view lines = bytes.substr(0, end);
        if (!isOpen && lines.substr(9, 3) != "200") fail("no stream: %.*s", static_cast<int>(lines.size()), lines.data());
        isOpen = true;
        int64_t events = count("\nevent: call.", lines);
        if (events > 0 || lines.find("\nevent: welcome") != lines.npos) hear(events, "", cursor.empty());
        return end;
    }

    bool isOpen = false;
};

std::unique_ptr<Returning> makeReturning(
    Transport transport, int user, const Place &place, size_t &doneCount, Loop &loop, int port) {
    if (transport == Transport::mixed) {
        constexpr Transport all[] = {Transport::socket, Transport::stream, Transport::poll};
        transport = all[user % 3];
    }
    if (transport != Transport::poll && !place.cursor.empty() && place.events == 0) {
        fail("only polls tell how many events there are: let all clients poll first");
    }
    switch (transport) {
    case Transport::socket: return std::make_unique<ReturningSocket>(user, place, doneCount, loop, port);
    case Transport::stream: return std::make_unique<ReturningStream>(user, place, doneCount, loop, port);
    case Transport::poll: return std::make_unique<ReturningPoll>(user, place, doneCount, loop, port);
    case Transport::mixed:
    case Transport::relay:
    case Transport::spreed: break;
    }
    fail("clients come back to Ringback alone");
}

/// Without `behind` the clients have no cursor. Those in the file are moved back by so much, if the events are not known yet.
std::vector<Place> readPlaces(const Settings &settings) {
    std::vector<Place> places(static_cast<size_t>(settings.connections));
    if (settings.behind == 0) return places;
    std::ifstream file(settings.cursors);
    for (Place &place : places) {
        if (!(file >> place.cursor >> place.events)) fail("%s is not complete", settings.cursors.c_str());
        if (place.events > 0) continue;
        size_t dot = place.cursor.find('.');
        int64_t position = std::stoll(place.cursor.substr(dot + 1)) - settings.behind;
        place.cursor.resize(dot + 1);
        place.cursor += std::to_string(std::max<int64_t>(0, position));
    }
    return places;
}

}  // namespace

void measureReconnect(const Settings &settings) {
    constexpr size_t opening = 256;
    Loop loop;
    Process server(settings.pid);
    std::vector<std::unique_ptr<Returning>> clients;
    size_t doneCount = 0;
    int user = 0;
    for (const Place &place : readPlaces(settings)) {
        clients.push_back(makeReturning(settings.phone.transport, user++, place, doneCount, loop, settings.port));
    }
    int64_t cpu = server.cpu(), own = ownCPU(), began = now();
    for (size_t index = 0; index < clients.size(); index++) {
        clients[index]->begin();
        while (index + 1 - doneCount >= opening) loop.turn(now() + second);
    }
    while (doneCount < clients.size()) loop.turn(now() + second);
    double took = static_cast<double>(now() - began) / second, all = settings.connections;
    cpu = server.cpu() - cpu;
    own = ownCPU() - own;
    double events = 0;
    std::ofstream file(settings.cursors);
    for (const auto &client : clients) {
        Place place = client->place();
        file << place.cursor << ' ' << place.events << '\n';
        events += static_cast<double>(place.events);
    }
    printf("{\"clients\":%d,\"events\":%.1f,\"seconds\":%.3f,\"cpuPerClient\":%.1f,\"ownCPUPerClient\":%.1f}\n",
           settings.connections, events / all, took, static_cast<double>(cpu) / all, static_cast<double>(own) / all);
}
