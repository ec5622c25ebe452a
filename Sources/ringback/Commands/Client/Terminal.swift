import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the commands write, in colour where a person looks at it.
enum Terminal {
    enum Colour: String { case red = "31", green = "32", yellow = "33", blue = "34", faint = "2", bold = "1" }

    /// On a terminal, unless the user doesn't want it (no-color.org).
    static let isColourful: Bool = {
        let environment = ProcessInfo.processInfo.environment
        return isatty(1) == 1 && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }()

    static func paint(_ text: String, _ colour: Colour) -> String {
        isColourful ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// One line on standard output, at once, also into a pipe.
    static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    static func complain(_ line: String) { FileHandle.standardError.write(Data(("ringback: " + line + "\n").utf8)) }

    /// Text of other people's without what a terminal would obey.
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

    /// Asks without showing what is typed; from a pipe, takes its first line.
    static func password(_ prompt: String) -> String? {
        guard isatty(0) == 1 else { return readLine(strippingNewline: true) }
        FileHandle.standardError.write(Data(prompt.utf8))
        var settings = termios()
        tcgetattr(0, &settings)
        let shown = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSAFLUSH, &settings)
        defer {
            var shown = shown
            tcsetattr(0, TCSAFLUSH, &shown)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return readLine(strippingNewline: true)
    }
}
