import CLibcurl
import Foundation
import Synchronization

/// A thread that drives libcurl's multi interface for all users of the driver, and another one for transfers to public
/// addresses only.
///
/// It waits in `curl_multi_poll`. `curl_multi_wakeup` is the only function of libcurl that other threads call.
package final class CurlDriver: Sendable {
    /// The driver shared by all clients of the SDK.
    package static let shared = CurlDriver()

    private enum Command: Sendable {
        case add(CurlTransfer)
        case cancel(CurlTransfer)
        /// Resumes a paused stream, because its queue has room.
        case resume(CurlTransfer)
    }

    private let multi: CurlMulti
    private let commands = Mutex<[Command]>([])
    private let connectionsPerHost: Int
    /// Performs the transfers that are for public addresses only. Addresses are checked when a connection is opened; a
    /// connection that was opened without the check must not be used again for one of them.
    private let publicOnly = Mutex<CurlDriver?>(nil)

    /// - Parameter connectionsPerHost: The maximum number of open connections to one host; further requests wait. 0 for
    ///   no limit.
    package init(connectionsPerHost: Int = 0) {
        // libcurl must be initialized once in the process, before any other use.
        guard let multi = try? CurlMulti(connectionsPerHost: connectionsPerHost) else {
            fatalError("libcurl could not be set up")
        }
        self.multi = multi
        self.connectionsPerHost = connectionsPerHost
        let thread = Thread { [self] in run() }
        thread.name = "ringback-curl"
        thread.start()
    }

    // MARK: From any task

    /// Performs a transfer. Cancelling the task closes its connection.
    ///
    /// - Throws: ``CurlError``; `CancellationError`.
    package func perform(_ request: CurlRequest) async throws -> CurlResponse {
        try Task.checkCancellation()
        return try await perform(CurlTransfer(request))
    }

    package func perform(_ transfer: CurlTransfer) async throws -> CurlResponse {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                transfer.collect(into: continuation)
                send(.add(transfer), for: transfer)
            }
        } onCancel: {
            cancel(transfer)
        }
    }

    /// Starts a transfer that delivers its pieces through a queue.
    package func start(_ transfer: CurlTransfer, into incoming: BoundedQueue<CurlTransfer.Piece>) {
        transfer.stream(into: incoming)
        send(.add(transfer), for: transfer)
    }

    package func cancel(_ transfer: CurlTransfer) {
        transfer.isCancelled.store(true, ordering: .releasing)
        send(.cancel(transfer), for: transfer)
    }

    package func resume(_ transfer: CurlTransfer) { send(.resume(transfer), for: transfer) }

    private func send(_ command: Command, for transfer: CurlTransfer) {
        guard transfer.allowsOnlyPublicAddresses else { return send(command) }
        let driver = publicOnly.withLock { known in
            let driver = known ?? CurlDriver(connectionsPerHost: connectionsPerHost)
            known = driver
            return driver
        }
        driver.send(command)
    }

    private func send(_ command: Command) {
        let isFirst = commands.withLock { commands in
            commands.append(command)
            return commands.count == 1
        }
        // An earlier command has woken the thread, which takes all commands.
        if isFirst { multi.wake() }
    }

    // MARK: On the thread

    private func run() {
        var live: [UnsafeMutableRawPointer: CurlTransfer] = [:]
        // Origins where the last request over HTTP/2 timed out. Its connection may be dead, and is still known while
        // others wait on it.
        var stalled: Set<String> = []
        while true {
            let batch = commands.withLock { commands in
                let batch = commands
                commands = []
                return batch
            }
            for command in batch {
                switch command {
                case .add(let transfer):
                    guard !transfer.isCancelled.load(ordering: .acquiring) else {
                        transfer.finish(throwing: CancellationError())
                        continue
                    }
                    live[transfer.easy.handle] = transfer
                    if let origin = transfer.multiplexedOrigin, stalled.contains(origin) {
                        transfer.useNewConnection()
                    }
                    multi.add(transfer.easy)
                case .cancel(let transfer):
                    guard live.removeValue(forKey: transfer.easy.handle) != nil else { continue }
                    multi.remove(transfer.easy)
                    transfer.finish(throwing: CancellationError())
                case .resume(let transfer):
                    guard live[transfer.easy.handle] != nil else { continue }
                    curl_easy_pause(transfer.easy.handle, CURLPAUSE_CONT)
                }
            }
            multi.perform { handle, result in
                guard let transfer = live.removeValue(forKey: handle) else { return }
                multi.remove(transfer.easy)
                if let origin = transfer.multiplexedOrigin {
                    if result == CURLE_OPERATION_TIMEDOUT { stalled.insert(origin) }
                    if result == CURLE_OK { stalled.remove(origin) }
                }
                transfer.finish(result)
            }
            multi.wait()
        }
    }
}
