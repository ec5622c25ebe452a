// One epoll loop: connections and one timer, bounded in time by whoever runs it.
#pragma once

#include <cstdint>

struct Watched {
    virtual void ready(uint32_t events) = 0;
    virtual ~Watched() = default;
};

class Loop {
public:
    Loop();
    void add(int fd, Watched *watched, uint32_t events);
    void change(int fd, Watched *watched, uint32_t events);
    /// Handles what is ready, and waits for it until `deadline` at most.
    void turn(int64_t deadline);

private:
    int epoll;
};

/// Nanoseconds of the monotonic clock.
int64_t now();
constexpr int64_t second = 1'000'000'000;

[[noreturn]] void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
