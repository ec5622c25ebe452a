#include <sys/epoll.h>
#include <unistd.h>

#include <cstdio>

#include "scenario.h"

Turns::Turns(const Settings &settings, Loop &loop, std::function<void(double)> run)
    : settings(settings), loop(loop), run(std::move(run)) {
    if (settings.turn != 0) loop.add(STDIN_FILENO, this, EPOLLIN);
}

void Turns::warmUp() {
    if (settings.turn != 0 && !next()) fail("the input ended before the warm-up");
    run(settings.warmUp);
}

void Turns::measure() {
    if (settings.turn == 0) run(settings.seconds);
    else while (next()) run(settings.turn);
}

/// Says that a turn has ended, or that the generator is ready, and waits for a line.
///
/// Returns: whether there is another turn.
bool Turns::next() {
    puts("waiting");
    fflush(stdout);
    while (!hasLine && !isEnded) loop.turn(now() + second);
    hasLine = false;
    return !isEnded;
}

void Turns::ready(uint32_t) {
    char byte;
    ssize_t count = read(STDIN_FILENO, &byte, 1);
    if (count == 1) hasLine = true;
    else isEnded = true;
}
