#include <algorithm>
#include <cstdio>

#include "scenario.h"

namespace {

struct Latency final : PairOwner {
    size_t open = 0, ready = 0, acknowledged = 0, delivered = 0;
    bool isMeasuring = false;
    std::vector<int64_t> acknowledgements, deliveries;

    void opened() override { open++; }
    void established() override { ready++; }
    void candidateAcknowledged(int64_t sent) override {
        acknowledged++;
        if (isMeasuring) acknowledgements.push_back(now() - sent);
    }
    void candidateDelivered(int64_t sent) override {
        delivered++;
        if (isMeasuring) deliveries.push_back(now() - sent);
    }
};

/// Microseconds.
double quantile(std::vector<int64_t> &values, double part) {
    if (values.empty()) fail("nothing was delivered");
    std::sort(values.begin(), values.end());
    size_t index = static_cast<size_t>(static_cast<double>(values.size()) * part);
    return static_cast<double>(values[std::min(index, values.size() - 1)]) / 1000;
}

}  // namespace

void measureLatency(const Settings &settings) {
    Loop loop;
    Latency latency;
    Pairs pairs(settings, false, latency, loop);
    Processes server(settings.pid, settings.otherPids, settings.parentPid);
    pairs.open(latency.open, loop);
    for (size_t index = 0; index < pairs.size(); index++) pairs[index].start();
    while (latency.ready < pairs.size()) loop.turn(now() + second);

    int64_t interval = second / settings.rate, sent = 0;
    auto isBehind = [&] { return std::min(latency.acknowledged, latency.delivered) < static_cast<size_t>(sent); };
    Turns turns(settings, loop, [&](double seconds) {
        int64_t next = now(), end = next + static_cast<int64_t>(seconds * second);
        while (next < end) {
            loop.turn(next);
            for (; next <= now() && next < end; next += interval) {
                pairs[static_cast<size_t>(sent++) % pairs.size()].sendCandidate();
            }
        }
        end += 5 * second;
        while (isBehind() && now() < end) loop.turn(now() + second / 10);
        if (isBehind()) fail("the server fell behind the rate");
    });
    turns.warmUp();
    latency.isMeasuring = true;
    int64_t cpu = server.cpu(), own = ownCPU(), before = sent;
    turns.measure();
    cpu = server.cpu() - cpu;
    own = ownCPU() - own;
    int64_t count = sent - before;

    auto &delivered = latency.deliveries, &acknowledged = latency.acknowledgements;
    printf("{\"p50\":%.0f,\"p99\":%.0f,\"p999\":%.0f,\"ackP50\":%.0f,\"ackP99\":%.0f,\"cpuPerMessage\":%.2f,"
           "\"ownCPUPerMessage\":%.2f}\n",
           quantile(delivered, 0.5), quantile(delivered, 0.99), quantile(delivered, 0.999),
           quantile(acknowledged, 0.5), quantile(acknowledged, 0.99),
           static_cast<double>(cpu) / static_cast<double>(count), static_cast<double>(own) / static_cast<double>(count));
}
