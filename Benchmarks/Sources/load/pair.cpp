#include "pair.h"

const std::vector<Pair::Step> Pair::steps = {
    {Message::invite, 1, 0},    {Message::alerting, 0, 1},  {Message::accept, 0, 1},
    {Message::offer, 1, 0},     {Message::answer, 0, 1},    {Message::candidate, 5, 5},
    {Message::connected, 1, 0}, {Message::hangUp, 1, 0},
};

Pair::Pair(const PhoneOptions &options, int caller, int callee, bool hangsUp, PairOwner &owner, Loop &loop, int port,
           int calleePort)
    : owner(owner), caller(makePhone(options, caller, 0, *this, loop, port)),
      callee(makePhone(options, callee, 0, *this, loop, calleePort)), hangsUp(hangsUp) {}

void Pair::open() {
    caller->open();
    callee->open();
}

void Pair::opened(Phone &) {
    if (++open_ == 2) owner.opened();
}

void Pair::start() {
    step = 0;
    isStopped = false;
    proceed();
}

void Pair::proceed() {
    if (step == steps.size() || (!hangsUp && steps[step].message == Message::hangUp)) {
        if (!hangsUp) {
            isEstablished = true;
            return owner.established();
        }
        if (isStopped) return owner.flowStopped();
        step = 0;
    }
    const Step &now = steps[step];
    unacknowledged = undelivered = now.fromCaller + now.fromCallee;
    for (int count = 0; count < now.fromCaller; count++) caller->send(now.message, *callee, call);
    for (int count = 0; count < now.fromCallee; count++) callee->send(now.message, *caller, call);
}

void Pair::oneLess(int &pending) {
    if (--pending < 0) fail("more came than was sent");
    if (unacknowledged > 0 || undelivered > 0) return;
    step++;
    proceed();
}

void Pair::acknowledged(Phone &phone, std::string_view call) {
    if (isEstablished) return owner.candidateAcknowledged(acknowledgements[&phone == caller.get()].take());
    if (steps[step].message == Message::invite) this->call = call;
    oneLess(unacknowledged);
}

void Pair::delivered(Phone &phone, std::string_view type) {
    if (isEstablished) return owner.candidateDelivered(deliveries[&phone == callee.get()].take());
    if (!type.empty() && type != eventType(steps[step].message)) {
        fail("%s got a %.*s out of turn", phone.name.c_str(), static_cast<int>(type.size()), type.data());
    }
    owner.messageDelivered();
    oneLess(undelivered);
}

void Pair::sendCandidate() {
    isCallersTurn = !isCallersTurn;
    int64_t time = now();
    acknowledgements[isCallersTurn].times.push_back(time);
    deliveries[isCallersTurn].times.push_back(time);
    if (isCallersTurn) caller->send(Message::candidate, *callee, call);
    else callee->send(Message::candidate, *caller, call);
}

int64_t Pair::Times::take() {
    if (next == times.size()) fail("a candidate came that nobody sent");
    return times[next++];
}
