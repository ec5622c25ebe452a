#include "process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "loop.h"

int64_t Process::cpu() const {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.empty()) fail("there is no process %d", pid);
    // The name in parentheses may hold spaces; the state is the third field, the times the 14th and 15th.
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int field = 3; field < 14; field++) fields >> skipped;
    int64_t user = 0, system = 0;
    fields >> user >> system;
    return (user + system) * (1'000'000 / sysconf(_SC_CLK_TCK));
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
