import Foundation
import RingbackClient

/// A WebRTC stack in a separate process, which reads and writes lines of JSON.
final class MediaStack: Sendable {
    /// One line. Members that its type does not use are absent.
    struct Message: Codable, Sendable {
        /// In: `offer`, `candidate`. Out: `answer`, `connected`, `picture` (a video frame of the other side was
        /// decoded).
        var type: String
        var callId: CallID?
        var negotiation: Int?
        var sdp: String?
        var candidate: String?
        var sdpMid: String?
        var sdpMLineIndex: Int?
    }

    let messages: AsyncThrowingStream<Message, any Error>
    private let input: FileHandle

    /// - Parameter command: A program, found in `PATH`, and its arguments.
    init(_ command: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        try process.run()
        input = stdin.fileHandleForWriting
        let (messages, continuation) = AsyncThrowingStream<Message, any Error>.makeStream(
            // A stack sends only a few messages per call.
            bufferingPolicy: .bufferingOldest(1000))
        self.messages = messages
        let output = stdout.fileHandleForReading
        Thread {
            var rest = Data()
            while case let bytes = output.availableData, !bytes.isEmpty {
                rest += bytes
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    if let message = try? JSONDecoder().decode(Message.self, from: rest[..<end]) {
                        continuation.yield(message)
                    }
                    rest = Data(rest[(end + 1)...])
                }
            }
            continuation.finish()
        }.start()
    }

    func send(_ message: Message) throws {
        try input.write(contentsOf: JSONEncoder().encode(message) + Data("\n".utf8))
    }

    /// Closes the input of the stack, after which it exits.
    func stop() { try? input.close() }
}
