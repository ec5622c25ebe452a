#include "process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "loop.h"

namespace {

struct Times {
    int parent = 0;
    /// Microseconds; those of children that have ended apart.
    int64_t own = 0, ofChildren = 0;
};

/// Whether there is such a process.
bool read(int pid, Times &times) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.empty()) return false;
    // The name in parentheses may hold spaces; the state is the third field, the times the 14th to 17th.
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    fields >> skipped >> times.parent;
    for (int field = 5; field < 14; field++) fields >> skipped;
    int64_t ticks[4] = {};
    for (int64_t &value : ticks) fields >> value;
    int64_t tick = 1'000'000 / sysconf(_SC_CLK_TCK);
    times.own = (ticks[0] + ticks[1]) * tick;
    times.ofChildren = (ticks[2] + ticks[3]) * tick;
    return true;
}

}  // namespace

int64_t Process::cpu() const {
    Times times;
    if (!read(pid, times)) fail("there is no process %d", pid);
    return times.own;
}

int64_t Process::cpuWithChildren() const {
    Times times;
    if (!read(pid, times)) fail("there is no process %d", pid);
    int64_t sum = times.own + times.ofChildren;
    for (const auto &entry : std::filesystem::directory_iterator("/proc")) {
        int child = atoi(entry.path().filename().c_str());
        if (child > 0 && read(child, times) && times.parent == pid) sum += times.own + times.ofChildren;
    }
    return sum;
}

int64_t Processes::cpu() const {
    int64_t sum = parent == 0 ? 0 : Process(parent).cpuWithChildren();
    for (int pid : pids) sum += Process(pid).cpu();
    return sum;
}

int64_t Process::residentBytes() const {
    std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
    int64_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

allocations allocated(const std::string &path) {
    allocations counted{};
    if (path.empty()) return counted;
    std::ifstream file(path, std::ios::binary);
    if (!file.read(reinterpret_cast<char *>(&counted), sizeof counted)) fail("%s can't be read", path.c_str());
    return counted;
}

int64_t ownCPU() {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}
