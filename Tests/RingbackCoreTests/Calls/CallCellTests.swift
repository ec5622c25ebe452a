import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// Every command of every device in every state.
struct CallCellTests {
    /// The stage of a call. Petya's phone is the device that rings, accepts and declines.
    enum Stage: String, CaseIterable {
        case inviting, ringing, connecting, active, hungUp, canceled, declined, concealed

        func driven() throws -> DrivenCall {
            var driven = DrivenCall(reception: self == .concealed ? .concealed : .rings)
            let deeds: [(CallCommand, Participant)] =
                switch self {
                case .inviting, .concealed: []
                case .ringing: [(.alerting, Cast.petya)]
                case .connecting: [(.alerting, Cast.petya), (.accept, Cast.petya)]
                case .active:
                    [
                        (.alerting, Cast.petya), (.accept, Cast.petya), (.connected, Cast.vasya),
                        (.connected, Cast.petya),
                    ]
                case .hungUp:
                    [
                        (.alerting, Cast.petya), (.accept, Cast.petya), (.connected, Cast.vasya),
                        (.connected, Cast.petya), (.hangUp(.completed), Cast.vasya),
                    ]
                case .canceled: [(.alerting, Cast.petya), (.cancel, Cast.vasya)]
                case .declined: [(.alerting, Cast.petya), (.decline(message: nil), Cast.petya)]
                }
            for (command, actor) in deeds { try driven.perform(command, by: actor) }
            return driven
        }
    }

    static let commands: [String: CallCommand] = [
        "alerting": .alerting, "accept": .accept, "merge": .merge, "decline": .decline(message: "no"),
        "cancel": .cancel,
        "connected": .connected, "hangUp": .hangUp(.completed), "offer": .offer(negotiation: nil, iceRestart: false),
        "answer": .answer(negotiation: nil), "candidates": .candidates(count: 1, negotiation: nil),
        "media": .media(Cast.json(#"{"held":true}"#)), "quality": .quality,
    ]

    static let actors: [(name: String, device: Participant)] = [
        ("the caller's device", Cast.vasya), ("the caller's other device", Cast.vasyaTablet),
        ("the callee's device", Cast.petya), ("the callee's other device", Cast.petyaTablet),
        ("a stranger", Cast.stranger),
    ]

    /// `-`: accepted without a change; `noted`: accepted in the same state; a state: accepted, with this new state;
    /// `!`: refused.
    static let table = """
        state      command    caller         its other      callee         its other      stranger
        inviting   alerting   !forbidden     !forbidden     ringing        ringing        !not_found
        inviting   accept     !forbidden     !forbidden     connecting     connecting     !not_found
        inviting   merge      !forbidden     !forbidden     connecting     connecting     !not_found
        inviting   decline    !forbidden     !forbidden     ended          ended          !not_found
        inviting   cancel     ended          !participant   !forbidden     !forbidden     !not_found
        inviting   connected  !transition    !transition    !transition    !transition    !not_found
        inviting   hangUp     !transition    !transition    !transition    !transition    !not_found
        inviting   offer      !not_accepted  !not_accepted  !not_accepted  !not_accepted  !not_found
        inviting   answer     !not_accepted  !not_accepted  !not_accepted  !not_accepted  !not_found
        inviting   candidates !not_accepted  !not_accepted  !not_accepted  !not_accepted  !not_found
        inviting   media      !not_accepted  !not_accepted  !not_accepted  !not_accepted  !not_found
        inviting   quality    !not_accepted  !not_accepted  !not_accepted  !not_accepted  !not_found
        ringing    alerting   !forbidden     !forbidden     -              noted          !not_found
        ringing    accept     !forbidden     !forbidden     connecting     connecting     !not_found
        ringing    merge      !forbidden     !forbidden     connecting     connecting     !not_found
        ringing    decline    !forbidden     !forbidden     ended          ended          !not_found
        ringing    cancel     ended          !participant   !forbidden     !forbidden     !not_found
        ringing    connected  !transition    !transition    !transition    !transition    !not_found
        ringing    hangUp     !transition    !transition    !transition    !transition    !not_found
        ringing    offer      !not_accepted  !not_accepted  !not_accepted  !not_accepted  !not_found
        ringing    answer     !not_accepted  !not_accepted  !not_accepted  !not_accepted  !not_found
        ringing    candidates !not_accepted  !not_accepted  !not_accepted  !not_accepted  !not_found
        ringing    media      !not_accepted  !not_accepted  !not_accepted  !not_accepted  !not_found
        ringing    quality    !not_accepted  !not_accepted  !not_accepted  !not_accepted  !not_found
        connecting alerting   !forbidden     !forbidden     -              !transition    !not_found
        connecting accept     !forbidden     !forbidden     -              !accepted      !not_found
        connecting merge      !forbidden     !forbidden     -              !accepted      !not_found
        connecting decline    !forbidden     !forbidden     !transition    !accepted      !not_found
        connecting cancel     !transition    !participant   !forbidden     !forbidden     !not_found
        connecting connected  noted          !participant   noted          !participant   !not_found
        connecting hangUp     ended          !participant   ended          !participant   !not_found
        connecting offer      noted          !participant   noted          !participant   !not_found
        connecting answer     !stale         !participant   !stale         !participant   !not_found
        connecting candidates noted          !participant   noted          !participant   !not_found
        connecting media      noted          !participant   noted          !participant   !not_found
        connecting quality    noted          !participant   noted          !participant   !not_found
        active     alerting   !forbidden     !forbidden     -              !transition    !not_found
        active     accept     !forbidden     !forbidden     -              !accepted      !not_found
        active     merge      !forbidden     !forbidden     -              !accepted      !not_found
        active     decline    !forbidden     !forbidden     !transition    !accepted      !not_found
        active     cancel     !transition    !participant   !forbidden     !forbidden     !not_found
        active     connected  -              !participant   -              !participant   !not_found
        active     hangUp     ended          !participant   ended          !participant   !not_found
        active     offer      noted          !participant   noted          !participant   !not_found
        active     answer     !stale         !participant   !stale         !participant   !not_found
        active     candidates noted          !participant   noted          !participant   !not_found
        active     media      noted          !participant   noted          !participant   !not_found
        active     quality    noted          !participant   noted          !participant   !not_found
        hungUp     alerting   !forbidden     !forbidden     -              !transition    !not_found
        hungUp     accept     !forbidden     !forbidden     -              !transition    !not_found
        hungUp     merge      !forbidden     !forbidden     -              !transition    !not_found
        hungUp     decline    !forbidden     !forbidden     !transition    !transition    !not_found
        hungUp     cancel     !transition    !participant   !forbidden     !forbidden     !not_found
        hungUp     connected  -              !participant   -              !participant   !not_found
        hungUp     hangUp     -              !participant   -              !participant   !not_found
        hungUp     offer      !transition    !participant   !transition    !participant   !not_found
        hungUp     answer     !transition    !participant   !transition    !participant   !not_found
        hungUp     candidates !transition    !participant   !transition    !participant   !not_found
        hungUp     media      !transition    !participant   !transition    !participant   !not_found
        hungUp     quality    noted          !participant   noted          !participant   !not_found
        canceled   alerting   !forbidden     !forbidden     -              !transition    !not_found
        canceled   accept     !forbidden     !forbidden     !transition    !transition    !not_found
        canceled   merge      !forbidden     !forbidden     !transition    !transition    !not_found
        canceled   decline    !forbidden     !forbidden     !transition    !transition    !not_found
        canceled   cancel     -              !participant   !forbidden     !forbidden     !not_found
        canceled   connected  !transition    !transition    !transition    !transition    !not_found
        canceled   hangUp     !transition    !transition    !transition    !transition    !not_found
        canceled   offer      !transition    !transition    !transition    !transition    !not_found
        canceled   answer     !transition    !transition    !transition    !transition    !not_found
        canceled   candidates !transition    !transition    !transition    !transition    !not_found
        canceled   media      !transition    !transition    !transition    !transition    !not_found
        canceled   quality    !transition    !transition    !transition    !transition    !not_found
        declined   alerting   !forbidden     !forbidden     -              !transition    !not_found
        declined   accept     !forbidden     !forbidden     !transition    !transition    !not_found
        declined   merge      !forbidden     !forbidden     !transition    !transition    !not_found
        declined   decline    !forbidden     !forbidden     -              !transition    !not_found
        declined   cancel     !transition    !participant   !forbidden     !forbidden     !not_found
        declined   connected  !transition    !transition    !transition    !transition    !not_found
        declined   hangUp     !transition    !transition    !transition    !transition    !not_found
        declined   offer      !transition    !transition    !transition    !transition    !not_found
        declined   answer     !transition    !transition    !transition    !transition    !not_found
        declined   candidates !transition    !transition    !transition    !transition    !not_found
        declined   media      !transition    !transition    !transition    !transition    !not_found
        declined   quality    !transition    !transition    !transition    !transition    !not_found
        concealed  alerting   !forbidden     !forbidden     !not_found     !not_found     !not_found
        concealed  accept     !forbidden     !forbidden     !not_found     !not_found     !not_found
        concealed  merge      !forbidden     !forbidden     !not_found     !not_found     !not_found
        concealed  decline    !forbidden     !forbidden     !not_found     !not_found     !not_found
        concealed  cancel     ended          !participant   !not_found     !not_found     !not_found
        concealed  connected  !transition    !transition    !not_found     !not_found     !not_found
        concealed  hangUp     !transition    !transition    !not_found     !not_found     !not_found
        concealed  offer      !not_accepted  !not_accepted  !not_found     !not_found     !not_found
        concealed  answer     !not_accepted  !not_accepted  !not_found     !not_found     !not_found
        concealed  candidates !not_accepted  !not_accepted  !not_found     !not_found     !not_found
        concealed  media      !not_accepted  !not_accepted  !not_found     !not_found     !not_found
        concealed  quality    !not_accepted  !not_accepted  !not_found     !not_found     !not_found
        """

    static let rows: [[String]] = table.split(separator: "\n").dropFirst().map { line in
        line.split(separator: " ").map(String.init)
    }

    @Test("A command is taken or refused by state and by device", arguments: rows)
    func row(_ row: [String]) throws {
        let stage = try #require(Stage(rawValue: row[0]))
        let command = try #require(Self.commands[row[1]])
        let before = try stage.driven()
        for (actor, expected) in zip(Self.actors, row.dropFirst(2)) {
            var after = before
            let outcome: String
            do {
                let transition = try after.perform(command, by: actor.device)
                let isNothing = after.call == before.call && transition == Transition()
                outcome = isNothing ? "-" : after.call.state == before.call.state ? "noted" : after.call.state.rawValue
            } catch {
                outcome = "!" + name(of: error, in: before.call.state)
                #expect(after.call == before.call, "refused, and changed all the same")
            }
            #expect(outcome == expected, "\(row[1]) in \(row[0]) by \(actor.name)")
        }
    }

    @Test func `The table has every cell`() {
        let cells = Set(Self.rows.map { $0[0] + " " + $0[1] })
        #expect(Self.rows.count == Stage.allCases.count * Self.commands.count)
        #expect(cells.count == Self.rows.count)
        #expect(Self.rows.allSatisfy { $0.count == 2 + Self.actors.count })
    }

    /// The name of the refusal, whose state must be that of the call.
    private func name(of refusal: CallRefusal, in state: Call.State) -> String {
        switch refusal {
        case .notFound: "not_found"
        case .forbidden: "forbidden"
        case .notAParticipant: "participant"
        case .invalidTransition(state): "transition"
        case .notAccepted(state): "not_accepted"
        case .alreadyAccepted(state): "accepted"
        case .negotiationPending(state): "pending"
        case .staleNegotiation(state): "stale"
        default: "\(refusal)"
        }
    }
}
