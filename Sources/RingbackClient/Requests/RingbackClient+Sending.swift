import CurlTransport

extension RingbackClient {
    /// Sends a request, and repeats it if that is safe and can help.
    ///
    /// - Returns: A response with a 2xx status.
    /// - Throws: ``RingbackError``; `CancellationError`.
    func send(_ request: APIRequest) async throws -> CurlResponse {
        var failures = 0
        while true {
            do {
                let isQueued = request.operation.isQueued && request.token == nil
                let response =
                    try await isQueued
                    ? answer(to: request, &failures) : Self.perform(CurlTransfer(httpRequest(request)))
                try Self.check(response)
                return response
            } catch let error as RingbackError {
                try await Task.sleep(for: delay(of: request, after: error, &failures))
            }
        }
    }

    /// Sends a request that keeps its position in the queue until it is answered, with any status.
    ///
    /// - Throws: ``RingbackError`` if there is no answer; `CancellationError`.
    private func answer(to request: APIRequest, _ failures: inout Int) async throws -> CurlResponse {
        guard session != nil else { throw RingbackError.notSignedIn }
        try Task.checkCancellation()
        let id = try requests.add(request)
        defer { requests.remove(id) }
        var deadline = ContinuousClock.now + network.requestTimeout
        var restsUntil: ContinuousClock.Instant?
        while true {
            let turn = try await requests.turn(of: id, by: restsUntil ?? deadline)
            if turn == nil, restsUntil != nil {
                restsUntil = nil
                requests.rested(id)
                continue
            }
            restsUntil = nil
            let failure: RingbackError
            switch turn {
            case .answered(let response): return response
            case .sendOverHTTP:
                do {
                    guard let response = try await overHTTP(request, id, by: deadline) else { continue }
                    return response
                } catch let error as RingbackError {
                    // The request goes over a socket meanwhile.
                    guard requests.failedOverHTTP(id) else { continue }
                    failure = error
                }
            case nil:
                guard requests.timedOut(id) else { continue }
                failure = .transport(TransportFailure(kind: .timedOut, detail: "the request timed out"))
            }
            let wake = ContinuousClock.now + (try delay(of: request, after: failure, &failures))
            (restsUntil, deadline) = (wake, wake + network.requestTimeout)
        }
    }

    /// Performs a transfer.
    ///
    /// - Throws: ``RingbackError``; `CancellationError`.
    static func perform(_ transfer: @autoclosure () throws -> CurlTransfer) async throws -> CurlResponse {
        do {
            return try await CurlDriver.shared.perform(transfer())
        } catch let error as CurlError {
            throw RingbackError(error)
        }
    }

    /// - Returns: `nil` if the transfer was stopped because the request goes over a socket now.
    private func overHTTP(
        _ request: APIRequest, _ id: RequestQueue.RequestID, by deadline: ContinuousClock.Instant
    ) async throws -> CurlResponse? {
        var http = try httpRequest(request)
        http.timeout = max(.milliseconds(1), deadline - .now)
        let transfer = try CurlTransfer(http)
        guard requests.begin(transfer, for: id) else { return nil }
        do {
            return try await Self.perform(transfer)
        } catch is CancellationError {
            try Task.checkCancellation()
            return nil
        }
    }

    /// The delay before `request` is repeated.
    ///
    /// - Parameter failures: The number of consecutive failures so far; incremented here.
    /// - Throws: `error`, if the request must not be repeated.
    private func delay(
        of request: APIRequest, after error: RingbackError, _ failures: inout Int
    ) throws(RingbackError) -> Duration {
        guard mayRepeat(request, after: error), failures < retries.maximumRetries,
            error.retryAfter ?? .zero <= retries.maximumRetryAfter
        else { throw error }
        failures += 1
        return retries.delay(afterFailures: failures, retryAfter: error.retryAfter)
    }

    private func mayRepeat(_ request: APIRequest, after error: RingbackError) -> Bool {
        // A negotiation stays open for up to 30 s. Whether to wait is up to the application.
        guard error.isRetryable, error.code != .negotiationPending else { return false }
        if request.operation.isRepeatable { return true }
        guard case .transport(let failure) = error else { return error.status == 503 || error.status == 429 }
        return failure.kind == .unreachable || failure.kind == .nameNotFound
    }
}
