// Vasya and Petya: two phones and the call between them.
#pragma once

#include <vector>

#include "phone.h"

/// What a scenario hears from its pairs.
struct PairOwner {
    virtual void opened() = 0;
    /// The call is up; only asked for where `hangsUp` is false.
    virtual void established() {}
    /// The call has ended, and the pair was told to stop.
    virtual void flowStopped() {}
    virtual void messageDelivered() {}
    /// A candidate sent by `Pair::sendCandidate` came back acknowledged, or arrived.
    virtual void candidateAcknowledged(int64_t) {}
    virtual void candidateDelivered(int64_t) {}

protected:
    ~PairOwner() = default;
};

class Pair final : public PhoneOwner {
public:
    static constexpr int messagesPerFlow = 17;

    /// Parameter hangsUp: the flow ends with a hangup and begins again; else it stops once the call is up.
    Pair(const PhoneOptions &options, int caller, int callee, bool hangsUp, PairOwner &owner, Loop &loop, int port,
         int calleePort);
    void open();
    /// Calls, and goes on step by step: the next when all of this one is acknowledged and delivered.
    void start();
    /// Sends one candidate within the call that is up, in turns from either side.
    void sendCandidate();
    /// Ends when the call that is under way has ended; `start` goes on.
    void stop() { isStopped = true; }

private:
    struct Step {
        Message message;
        /// Messages from the caller and from the callee.
        int fromCaller, fromCallee;
    };
    /// Times of candidates on their way from one phone, in order.
    struct Times {
        std::vector<int64_t> times;
        size_t next = 0;
        int64_t take();
    };

    void opened(Phone &phone) override;
    void acknowledged(Phone &phone, std::string_view call) override;
    void delivered(Phone &phone, std::string_view type) override;
    void proceed();
    void oneLess(int &pending);

    static const std::vector<Step> steps;

    PairOwner &owner;
    std::unique_ptr<Phone> caller, callee;
    const bool hangsUp;
    bool isStopped = false, isEstablished = false, isCallersTurn = false;
    int open_ = 0;
    /// Of this step's messages; a server that tells one twice and another never is found out.
    int unacknowledged = 0, undelivered = 0;
    size_t step = 0;
    std::string call;
    Times acknowledgements[2], deliveries[2];
};
