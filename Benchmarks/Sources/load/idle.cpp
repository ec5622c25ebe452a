#include <cstdio>

#include "scenario.h"

void IdlePhones::add(int user, int device) {
    phones.push_back(makePhone(settings.phone, user, device, *this, loop, settings.port));
}

void IdlePhones::open() {
    constexpr size_t opening = 64;
    for (size_t index = 0; index < phones.size(); index++) {
        phones[index]->open();
        while (index + 1 - openCount >= opening) loop.turn(now() + second);
    }
    while (openCount < phones.size()) loop.turn(now() + second);
}

namespace {

void rest(Loop &loop, double seconds) {
    int64_t end = now() + static_cast<int64_t>(seconds * second);
    while (now() < end) loop.turn(end);
}

}  // namespace

void measureIdle(const Settings &settings) {
    Loop loop;
    IdlePhones phones(settings, loop);
    Process server(settings.pid);
    if (settings.users < settings.connections) fail("there are fewer users than connections");

    for (int user = 0; user < settings.connections; user++) phones.add(user, 0);
    rest(loop, settings.warmUp);
    int64_t memory = server.residentBytes(), cpu = server.cpu(), began = now();
    phones.open();
    double took = static_cast<double>(now() - began) / second, count = settings.connections;
    cpu = server.cpu() - cpu;
    rest(loop, settings.seconds);
    memory = server.residentBytes() - memory;
    int64_t idleCPU = server.cpu();
    rest(loop, 1);
    idleCPU = server.cpu() - idleCPU;
    printf("{\"connections\":%d,\"bytesPerConnection\":%.0f,\"connectsPerSecond\":%.0f,\"cpuPerConnect\":%.1f,"
           "\"idleCores\":%.4f}\n",
           settings.connections, static_cast<double>(memory) / count, count / took, static_cast<double>(cpu) / count,
           static_cast<double>(idleCPU) / 1e6);
}
