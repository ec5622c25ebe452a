import RingbackModel

extension CallTransaction {
    /// The messages to the outside that a transition causes, except for ``incomingMessages(_:)``. None for a concealed
    /// call, of which the callee must not learn.
    func messages(for transition: Transition) -> [OutboxMessage] {
        let plan = timing.outbox
        guard !plan.isEmpty, !call.isConcealed else { return [] }
        var messages: [OutboxMessage] = []
        for notice in transition.notices {
            switch notice.type {
            case .callAccepted: messages += webhooks(.callAnswered)
            case .callEnded:
                if call.isMissed { messages += webhooks(.callMissed) }
                messages += webhooks(.callEnded)
            default: continue
            }
        }
        return messages
    }

    /// The messages for a new call whose callee has no device present.
    func incomingMessages(_ facts: any CallFacts) throws -> [OutboxMessage] {
        let messages = webhooks(.callIncoming, log: call.callee)
        guard !messages.isEmpty, try facts.presentDevices(of: call.callee).isEmpty else { return [] }
        return messages
    }

    private func webhooks(_ type: WebhookType, log: UserID? = nil) -> [OutboxMessage] {
        timing.outbox.messages(type, key: call.id.rawValue, log: log, at: now) { $0.field("call", call.call) }
    }
}

extension CallState {
    /// Whether the call has ended in a way that the callee would want to know of and return.
    package var isMissed: Bool {
        switch ending?.reason {
        case .canceled, .noAnswer, .unreachable, .busy: true
        case .admin: acceptedAt == nil
        default: false
        }
    }
}
