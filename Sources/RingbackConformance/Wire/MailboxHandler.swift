import NIOCore

/// The last handler of a connection: puts everything that arrives into a mailbox.
final class MailboxHandler<InboundIn: Sendable>: ChannelInboundHandler {
    private let mailbox: Mailbox<InboundIn>

    init(_ mailbox: Mailbox<InboundIn>) { self.mailbox = mailbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        mailbox.push(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        mailbox.finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        mailbox.finish(throwing: error)
        context.close(promise: nil)
    }
}
