import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The output of the commands, in color on a terminal.
enum Terminal {
    enum Colour: String { case red = "31", green = "32", yellow = "33", blue = "34", faint = "2", bold = "1" }

    /// Whether to use colors: on a terminal, unless the user has turned them off (no-color.org).
    static let isColourful: Bool = {
        let environment = ProcessInfo.processInfo.environment
        return isatty(1) == 1 && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }()

    static func paint(_ text: String, _ colour: Colour) -> String {
        isColourful ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Writes a line to standard output, unbuffered.
    static func say(_ line: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
        } catch {
            // The disk is full or the pipe was closed, so the error can't be reported either.
            exit(CommandCode.failed.rawValue)
        }
    }

    static func complain(_ line: String) { tell("ringback: " + line + "\n") }

    /// Writes a line that is not part of the output to standard error.
    static func note(_ line: String) { tell(line + "\n") }

    /// Writes to standard error, ignoring errors.
    private static func tell(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

    /// Removes control characters from text of other users.
    static func clean(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }

    /// The initial state of the terminal. Written before the signal handlers that read it are set.
    private nonisolated(unsafe) static let shown = UnsafeMutablePointer<termios>.allocate(capacity: 1)
    private static let endings = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    /// Whether standard input is a terminal.
    static var isInteractive: Bool { isatty(0) == 1 }

    /// Reads a password without echo; if standard input is not a terminal, its first line.
    static func password(_ prompt: String) -> String? {
        guard isInteractive else { return readLine(strippingNewline: true) }
        tell(prompt)
        guard tcgetattr(0, shown) == 0 else { return readLine(strippingNewline: true) }
        var settings = shown.pointee
        // Restores the echo if the process is interrupted.
        for number in endings {
            signal(number) { number in
                tcsetattr(0, TCSANOW, Terminal.shown)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
        settings.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSAFLUSH, &settings)
        defer {
            tcsetattr(0, TCSAFLUSH, shown)
            for number in endings { signal(number, SIG_DFL) }
            tell("\n")
        }
        return readLine(strippingNewline: true)
    }
}
