import Benchmark
import RingbackCore
import RingbackModel

private let invitation = Invitation(
    caller: Fixture.vasya, callee: Fixture.petya.userId, media: .init(), custom: nil, ringSeconds: 30)

private func invite() -> CallState {
    CallState.invite(
        invitation, id: Fixture.call, devices: [Fixture.petya.deviceId], reception: .rings, at: Fixture.now
    ).0
}

/// The commands of a whole call after the invitation.
private let steps: [(CallCommand, Participant)] =
    [
        (.alerting, Fixture.petya), (.accept, Fixture.petya),
        (.offer(negotiation: nil, iceRestart: false), Fixture.vasya),
        (.answer(negotiation: nil), Fixture.petya),
    ] + Array(repeating: (.candidates(count: 1, negotiation: nil), Fixture.vasya), count: 5)
    + Array(repeating: (.candidates(count: 1, negotiation: nil), Fixture.petya), count: 5) + [
        (.connected, Fixture.vasya), (.hangUp(.completed), Fixture.vasya),
    ]

func benchmarkMachine() {
    Benchmark("machine: a whole call, 17 steps", configuration: .init(scalingFactor: .kilo)) { benchmark in
        for _ in benchmark.scaledIterations {
            var call = invite()
            for (command, actor) in steps { blackHole(try call.apply(command, by: actor, at: Fixture.now)) }
            precondition(!call.isLive)
        }
    }

    Benchmark("machine: one candidate", configuration: .init(scalingFactor: .kilo)) { benchmark in
        var accepted = invite()
        for (command, actor) in steps.prefix(4) { _ = try accepted.apply(command, by: actor, at: Fixture.now) }
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            var call = accepted
            blackHole(
                try call.apply(.candidates(count: 1, negotiation: nil), by: Fixture.vasya, at: Fixture.now))
        }
    }
}
