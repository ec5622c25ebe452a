// The measurements. Each prints one line of JSON.
#pragma once

#include <functional>
#include <vector>

#include "pair.h"
#include "process.h"

struct Settings {
    /// `calleePort` is that of another server of the same cluster; 0 for `port`.
    int port = 0, calleePort = 0, pid = 0, pairs = 50, users = 0, connections = 10'000, idle = 0, devices = 1, rate = 2000;
    /// Other processes whose CPU counts, and one whose children count too.
    std::vector<int> otherPids;
    int parentPid = 0;
    double warmUp = 2, seconds = 5;
    /// The load goes on for this long with each line on the standard input, until that ends; 0 for `seconds` in one piece. The
    /// first line is for the warm-up.
    double turn = 0;
    /// By how many events clients that reconnect are behind; 0 for snapshots. `cursors` is a file with a line per client: a run
    /// writes what the next one needs, which reads it if they are behind.
    int behind = 0;
    std::string cursors;
    PhoneOptions phone;
    /// Where the server counts its allocations; empty where it doesn't.
    std::string allocations;
};

/// Whole calls in a closed loop over all pairs.
void measureFlow(const Settings &settings);
/// Candidates at a fixed rate in calls that are up.
void measureLatency(const Settings &settings);
/// Connections that do nothing.
void measureIdle(const Settings &settings);
/// Clients that all come back at once, until each has a snapshot or what it has missed.
void measureReconnect(const Settings &settings);

/// Runs the warm-up and then, in one piece or in turns, what is measured. Between two turns pings are answered.
class Turns final : Watched {
public:
    /// Parameter run: loads the server for so many seconds, and leaves nothing under way.
    Turns(const Settings &settings, Loop &loop, std::function<void(double)> run);
    void warmUp();
    void measure();

private:
    void ready(uint32_t events) override;
    bool next();

    const Settings &settings;
    Loop &loop;
    std::function<void(double)> run;
    bool hasLine = false, isEnded = false;
};

/// Phones that are open and do nothing but listen.
class IdlePhones final : PhoneOwner {
public:
    IdlePhones(const Settings &settings, Loop &loop) : settings(settings), loop(loop) {}
    void add(int user, int device);
    /// Opens them, some at a time, and returns when all are open.
    void open();

private:
    void opened(Phone &) override { openCount++; }
    void acknowledged(Phone &, std::string_view) override {}
    void delivered(Phone &, std::string_view) override {}

    const Settings &settings;
    Loop &loop;
    std::vector<std::unique_ptr<Phone>> phones;
    size_t openCount = 0;
};

/// The pairs of a run; their users are spread over all there are, but for the last `settings.idle`.
class Pairs {
public:
    Pairs(const Settings &settings, bool hangsUp, PairOwner &owner, Loop &loop);
    /// Opens them, some at a time, and returns when all are open. `openCount` is what the owner has heard of.
    void open(const size_t &openCount, Loop &loop);
    /// The distance between one user who takes part and the next.
    static int stride(const Settings &settings) { return (settings.users - settings.idle) / (2 * settings.pairs); }
    size_t size() const { return pairs.size(); }
    Pair &operator[](size_t index) { return *pairs[index]; }

private:
    std::vector<std::unique_ptr<Pair>> pairs;
};
