import CurlTransport

extension RingbackError {
    static let proxyWantsPassword = RingbackError(CurlError.proxyWantsPassword)

    init(_ error: CurlError) {
        switch error {
        case .failed(let kind, let detail): self = .transport(TransportFailure(kind: .init(kind), detail: detail))
        case .tooLong(let head, let reason): self = .unexpectedResponse(UnexpectedResponse(head, reason))
        }
    }
}

extension TransportFailure.Kind {
    init(_ kind: CurlError.Kind) {
        self =
            switch kind {
            case .nameNotFound: .nameNotFound
            case .unreachable: .unreachable
            case .tls: .tls
            case .timedOut: .timedOut
            case .connectionLost: .connectionLost
            case .notHTTP: .notHTTP
            case .proxy: .proxy
            case .addressNotAllowed, .other: .other
            }
    }
}
