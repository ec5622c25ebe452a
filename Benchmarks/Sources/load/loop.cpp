#include "loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

Loop::Loop() : epoll(epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll < 0) fail("epoll: %s", strerror(errno));
}

void Loop::add(int fd, Watched *watched, uint32_t events) {
    epoll_event event{.events = events, .data = {.ptr = watched}};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl: %s", strerror(errno));
}

void Loop::change(int fd, Watched *watched, uint32_t events) {
    epoll_event event{.events = events, .data = {.ptr = watched}};
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) < 0) fail("epoll_ctl: %s", strerror(errno));
}

void Loop::turn(int64_t deadline) {
    epoll_event events[256];
    int64_t left = std::max<int64_t>(0, deadline - now());
    timespec timeout{.tv_sec = left / second, .tv_nsec = left % second};
    int count = epoll_pwait2(epoll, events, 256, &timeout, nullptr);
    if (count < 0 && errno != EINTR) fail("epoll_pwait2: %s", strerror(errno));
    for (int index = 0; index < count; index++) {
        static_cast<Watched *>(events[index].data.ptr)->ready(events[index].events);
    }
}

int64_t now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * second + time.tv_nsec;
}

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}
