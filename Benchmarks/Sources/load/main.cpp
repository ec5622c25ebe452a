// load flow|latency|idle|reconnect --transport socket|poll|relay|spreed|stream|mixed --port PORT --pid PID --users USERS [--pairs N]
//     [--idle N] [--devices N] [--connections N] [--rate MESSAGES] [--warm-up SECONDS] [--seconds SECONDS | --turn SECONDS]
//     [--allocations FILE] [--keys 0|1] [--acknowledged 0|1] [--callee-port PORT] [--other-pid PID]… [--parent-pid PID]
//     [--backend-port PORT] [--behind EVENTS] [--cursors FILE]
//
// Drives a server on loopback and prints what was measured, with the server's CPU and memory, as one line of JSON. Times are
// in microseconds.

#include <sys/resource.h>

#include <cstdlib>

#include "scenario.h"

namespace {

Transport transport(std::string_view name) {
    if (name == "socket") return Transport::socket;
    if (name == "poll") return Transport::poll;
    if (name == "relay") return Transport::relay;
    if (name == "spreed") return Transport::spreed;
    if (name == "stream") return Transport::stream;
    if (name == "mixed") return Transport::mixed;
    fail("no transport is named %s", name.data());
}

Settings settings(int count, char **arguments) {
    Settings settings;
    for (int index = 2; index + 1 < count; index += 2) {
        std::string_view name = arguments[index];
        const char *value = arguments[index + 1];
        if (name == "--transport") settings.phone.transport = transport(value);
        else if (name == "--port") settings.port = atoi(value);
        else if (name == "--callee-port") settings.calleePort = atoi(value);
        else if (name == "--pid") settings.pid = atoi(value);
        else if (name == "--other-pid") settings.otherPids.push_back(atoi(value));
        else if (name == "--parent-pid") settings.parentPid = atoi(value);
        else if (name == "--users") settings.users = atoi(value);
        else if (name == "--pairs") settings.pairs = atoi(value);
        else if (name == "--connections") settings.connections = atoi(value);
        else if (name == "--idle") settings.idle = atoi(value);
        else if (name == "--devices") settings.devices = atoi(value);
        else if (name == "--rate") settings.rate = atoi(value);
        else if (name == "--warm-up") settings.warmUp = atof(value);
        else if (name == "--seconds") settings.seconds = atof(value);
        else if (name == "--turn") settings.turn = atof(value);
        else if (name == "--keys") settings.phone.hasKeys = atoi(value) != 0;
        else if (name == "--acknowledged") settings.phone.isAcknowledged = atoi(value) != 0;
        else if (name == "--backend-port") settings.phone.backendPort = atoi(value);
        else if (name == "--behind") settings.behind = atoi(value);
        else if (name == "--cursors") settings.cursors = value;
        else if (name == "--allocations") settings.allocations = value;
        else fail("no option is named %s", arguments[index]);
    }
    // An idle connection to a relay is a WebSocket and nothing else.
    settings.phone.signsIn = std::string_view(arguments[1]) != "idle";
    if (settings.port == 0 || settings.pid == 0) fail("--port and --pid must be given");
    return settings;
}

void raiseFileLimit() {
    rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int count, char **arguments) {
    raiseFileLimit();
    std::string_view scenario = count > 1 ? arguments[1] : "";
    if (scenario == "flow") measureFlow(settings(count, arguments));
    else if (scenario == "latency") measureLatency(settings(count, arguments));
    else if (scenario == "idle") measureIdle(settings(count, arguments));
    else if (scenario == "reconnect") measureReconnect(settings(count, arguments));
    else fail("say flow, latency, idle or reconnect");
}
