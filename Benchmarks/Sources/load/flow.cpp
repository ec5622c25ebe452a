#include <cstdio>

#include "connection.h"
#include "scenario.h"

Pairs::Pairs(const Settings &settings, bool hangsUp, PairOwner &owner, Loop &loop) {
    int stride = Pairs::stride(settings);
    if (stride < 1) fail("%d users are too few for %d pairs", settings.users, settings.pairs);
    for (int pair = 0; pair < settings.pairs; pair++) {
        pairs.push_back(std::make_unique<Pair>(
            settings.transport, 2 * pair * stride, (2 * pair + 1) * stride, hangsUp, owner, loop, settings.port));
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
    size_t open = 0;
    int64_t flows = 0, messages = 0;
    void opened() override { open++; }
    void flowEnded() override { flows++; }
    void messageDelivered() override { messages++; }
};

}  // namespace

void measureFlow(const Settings &settings) {
    Loop loop;
    Flow flow;
    Pairs pairs(settings, true, flow, loop);
    IdlePhones others(settings, loop);
    Process server(settings.pid);
    for (int index = 0; index < settings.idle; index++) others.add(settings.users - 1 - index, 0);
    for (int index = 0; index < 2 * settings.pairs; index++) {
        for (int device = 1; device < settings.devices; device++) others.add(index * Pairs::stride(settings), device);
    }
    others.open();
    pairs.open(flow.open, loop);

    auto runUntil = [&](int64_t end) {
        while (now() < end) loop.turn(end);
    };
    // The pairs begin one after the other, so that they don't all do the same at the same time.
    int64_t warmUp = static_cast<int64_t>(settings.warmUp * second), count = settings.pairs, began = now();
    for (int64_t index = 0; index < count; index++) {
        runUntil(began + warmUp / 2 * index / count);
        pairs[static_cast<size_t>(index)].start();
    }
    runUntil(began + warmUp);
    began = now();
    int64_t cpu = server.cpu(), own = ownCPU(), messages = flow.messages;
    allocations counted = allocated(settings.allocations);
    int64_t received = Connection::bytesReceived, sent = Connection::bytesSent;
    runUntil(began + static_cast<int64_t>(settings.seconds * second));
    double took = static_cast<double>(now() - began) / second;
    cpu = server.cpu() - cpu;
    own = ownCPU() - own;
    messages = flow.messages - messages;
    allocations countedNow = allocated(settings.allocations);
    if (messages == 0) fail("nothing was delivered");
    // In parts of a flow: those under way at the beginning and at the end count for what was done of them.
    double flows = static_cast<double>(messages) / Pair::messagesPerFlow;
    printf("{\"flows\":%.0f,\"flowsPerSecond\":%.1f,\"cpuPerFlow\":%.2f,\"cores\":%.3f,\"ownCPUPerFlow\":%.2f,"
           "\"ownCores\":%.3f,\"bytesSent\":%.0f,\"bytesReceived\":%.0f",
           flows, flows / took, static_cast<double>(cpu) / flows, static_cast<double>(cpu) / took / 1e6,
           static_cast<double>(own) / flows, static_cast<double>(own) / took / 1e6,
           static_cast<double>(Connection::bytesSent - sent) / flows,
           static_cast<double>(Connection::bytesReceived - received) / flows);
    if (!settings.allocations.empty()) {
        printf(",\"allocations\":%.0f,\"bytesAllocated\":%.0f",
               static_cast<double>(countedNow.count - counted.count) / flows,
               static_cast<double>(countedNow.bytes - counted.bytes) / flows);
    }
    puts("}");

    // The calls under way are brought to their end, so that the next run finds the users free.
    int64_t ended = flow.flows;
    for (size_t index = 0; index < pairs.size(); index++) pairs[index].stop();
    int64_t end = now() + 10 * second;
    while (flow.flows - ended < static_cast<int64_t>(pairs.size()) && now() < end) loop.turn(now() + second / 10);
}
