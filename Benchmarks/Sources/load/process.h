// What the system says of the server's process.
#pragma once

#include <allocations.h>

#include <cstdint>
#include <string>
#include <vector>

class Process {
public:
    explicit Process(int pid) : pid(pid) {}
    /// Microseconds of user and system time since its start.
    int64_t cpu() const;
    /// The same with its children, also those that have ended.
    int64_t cpuWithChildren() const;
    /// Bytes of resident memory.
    int64_t residentBytes() const;

private:
    int pid;
};

/// The processes that make up a server.
class Processes {
public:
    /// Parameter pid: of the first; others may follow. parent: one whose children count too; 0 for none.
    Processes(int pid, const std::vector<int> &others, int parent) : pids(others), parent(parent) { pids.push_back(pid); }
    int64_t cpu() const;

private:
    std::vector<int> pids;
    int parent;
};

/// What the server has allocated since its start, where it counts that in a file; the path may be empty.
allocations allocated(const std::string &path);

/// Microseconds of user and system time of this process since its start.
int64_t ownCPU();
