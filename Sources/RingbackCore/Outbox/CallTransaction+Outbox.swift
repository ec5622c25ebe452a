import RingbackModel

extension CallTransaction {
    /// The messages to the outside that a transition causes, except for ``OutboxPlan/incoming(_:muted:_:)``. None for a
    /// concealed call, of which the callee must not learn.
    func messages(for transition: Transition) -> [OutboxMessage] {
        let plan = timing.outbox
        guard !plan.isEmpty, !call.isConcealed else { return [] }
        var messages: [OutboxMessage] = []
        for notice in transition.notices {
            switch notice.type {
            case .callAccepted: messages += webhooks(.callAnswered) + push(.stopped, by: notice.actor)
            case .callEnded:
                if call.isMissed { messages += webhooks(.callMissed) }
                messages += webhooks(.callEnded)
                if call.acceptedAt == nil { messages += push(call.isMissed ? .missed : .stopped, by: notice.actor) }
            default: continue
            }
        }
        return messages
    }

    /// The message that replaces the pushes of a call.
    private func push(_ type: PushType, by actor: Participant?) -> [OutboxMessage] {
        guard timing.outbox.usesPush, call.isAwaited else { return [] }
        let device = actor?.userId == call.callee ? actor?.deviceId : nil
        return [timing.outbox.devices(type, call, except: device, at: now)]
    }

    private func webhooks(_ type: WebhookType) -> [OutboxMessage] {
        timing.outbox.messages(type, key: call.id.rawValue, users: call.users, at: now) { $0.field("call", call.call) }
    }
}

extension CallState {
    /// Whom the call is about.
    var users: [UserID] { [caller.userId, callee] }

    /// Whether the call has ended in a way that the callee would want to know of and return.
    package var isMissed: Bool {
        switch ending?.reason {
        case .canceled, .noAnswer, .unreachable, .busy: true
        case .admin: acceptedAt == nil
        default: false
        }
    }
}
