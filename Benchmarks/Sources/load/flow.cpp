#include <cstdio>

#include "connection.h"
#include "scenario.h"

Pairs::Pairs(const Settings &settings, bool hangsUp, PairOwner &owner, Loop &loop) {
    int stride = Pairs::stride(settings);
    if (stride < 1) fail("%d users are too few for %d pairs", settings.users, settings.pairs);
    for (int pair = 0; pair < settings.pairs; pair++) {
        pairs.push_back(std::make_unique<Pair>(
            settings.phone, 2 * pair * stride, (2 * pair + 1) * stride, hangsUp, owner, loop, settings.port,
            settings.calleePort == 0 ? settings.port : settings.calleePort));
    }
}

void Pairs::open(const size_t &openCount, Loop &loop) {
    constexpr size_t opening = 32;
    for (size_t index = 0; index < size(); index++) {
        pairs[index]->open();
        while (index + 1 - openCount >= opening) loop.turn(now() + second);
    }
    while (openCount < size()) loop.turn(now() + second);
}

namespace {

struct Flow final : PairOwner {
    size_t open = 0, stopped = 0;
    int64_t messages = 0;
    void opened() override { open++; }
    void flowStopped() override { stopped++; }
    void messageDelivered() override { messages++; }
};

/// What has been used up and done, since the start or in some time.
struct Amounts {
    double seconds = 0, cpu = 0, own = 0, messages = 0, sent = 0, received = 0, allocations = 0, bytesAllocated = 0;

    Amounts &operator+=(const Amounts &other) {
        seconds += other.seconds, cpu += other.cpu, own += other.own, messages += other.messages;
        sent += other.sent, received += other.received;
        allocations += other.allocations, bytesAllocated += other.bytesAllocated;
        return *this;
    }

    Amounts operator-(const Amounts &other) const {
        return {seconds - other.seconds, cpu - other.cpu, own - other.own, messages - other.messages, sent - other.sent,
                received - other.received, allocations - other.allocations, bytesAllocated - other.bytesAllocated};
    }
};

}  // namespace

void measureFlow(const Settings &settings) {
    Loop loop;
    Flow flow;
    Pairs pairs(settings, true, flow, loop);
    IdlePhones others(settings, loop);
    Processes server(settings.pid, settings.otherPids, settings.parentPid);
    for (int index = 0; index < settings.idle; index++) others.add(settings.users - 1 - index, 0);
    for (int index = 0; index < 2 * settings.pairs; index++) {
        for (int device = 1; device < settings.devices; device++) others.add(index * Pairs::stride(settings), device);
    }
    others.open();
    pairs.open(flow.open, loop);

    auto sinceStart = [&] {
        allocations counted = allocated(settings.allocations);
        return Amounts{static_cast<double>(now()) / second, static_cast<double>(server.cpu()),
                       static_cast<double>(ownCPU()), static_cast<double>(flow.messages),
                       static_cast<double>(Connection::bytesSent), static_cast<double>(Connection::bytesReceived),
                       static_cast<double>(counted.count), static_cast<double>(counted.bytes)};
    };
    // In the parts of the turns in which all pairs were busy.
    Amounts busy;
    Turns turns(settings, loop, [&](double seconds) {
        int64_t began = now(), length = static_cast<int64_t>(seconds * second);
        auto runUntil = [&](int64_t end) {
            while (now() < end) loop.turn(end);
        };
        // The pairs begin one after the other, so that they don't all do the same at the same time.
        for (size_t index = 0; index < pairs.size(); index++) {
            runUntil(began + length / 10 * static_cast<int64_t>(index) / static_cast<int64_t>(pairs.size()));
            pairs[index].start();
        }
        Amounts whenBusy = sinceStart();
        runUntil(began + length);
        busy += sinceStart() - whenBusy;
        // Each call under way is brought to its end: the server would end one that waits for the turns of others.
        flow.stopped = 0;
        for (size_t index = 0; index < pairs.size(); index++) pairs[index].stop();
        int64_t end = now() + 60 * second;
        while (flow.stopped < pairs.size() && now() < end) loop.turn(end);
        if (flow.stopped < pairs.size()) fail("the calls did not end");
    });
    turns.warmUp();
    busy = {};
    Amounts before = sinceStart();
    turns.measure();
    Amounts total = sinceStart() - before;
    if (busy.messages == 0) fail("nothing was delivered");
    // In parts of a flow: those under way at the beginning and at the end of a busy time count for what was done of them.
    double flows = total.messages / Pair::messagesPerFlow;
    printf("{\"flows\":%.0f,\"flowsPerSecond\":%.1f,\"cpuPerFlow\":%.2f,\"cores\":%.3f,\"ownCPUPerFlow\":%.2f,"
           "\"ownCores\":%.3f,\"bytesSent\":%.0f,\"bytesReceived\":%.0f",
           flows, busy.messages / Pair::messagesPerFlow / busy.seconds, total.cpu / flows, busy.cpu / busy.seconds / 1e6,
           total.own / flows, busy.own / busy.seconds / 1e6, total.sent / flows, total.received / flows);
    if (!settings.allocations.empty()) {
        printf(",\"allocations\":%.0f,\"bytesAllocated\":%.0f", total.allocations / flows, total.bytesAllocated / flows);
    }
    puts("}");
}
