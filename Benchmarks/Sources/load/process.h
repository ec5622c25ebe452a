// What the system says of the server's process.
#pragma once

#include <allocations.h>

#include <cstdint>
#include <string>

class Process {
public:
    explicit Process(int pid) : pid(pid) {}
    /// Microseconds of user and system time since its start.
    int64_t cpu() const;
    /// Bytes of resident memory.
    int64_t residentBytes() const;

private:
    int pid;
};

/// What the server has allocated since its start, where it counts that in a file; the path may be empty.
allocations allocated(const std::string &path);

/// Microseconds of user and system time of this process since its start.
int64_t ownCPU();
