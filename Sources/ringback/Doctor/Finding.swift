import RingbackCore

/// The result of one check.
enum Finding: Sendable {
    case fine(String)
    /// It works, but could be improved.
    case warning(String, advice: String)
    case broken(String, advice: String)
    /// Not checked, with the reason.
    case skipped(String)

    init(_ finding: StoreFinding) {
        self =
            switch finding.grade {
            case .fine: .fine(finding.text)
            case .warning: .warning(finding.text, advice: finding.advice)
            case .broken: .broken(finding.text, advice: finding.advice)
            }
    }

    func show(_ place: String) {
        let (mark, text, advice): (String, String, String?) =
            switch self {
            case .fine(let text): (Terminal.paint("ok  ", .green), text, nil)
            case .warning(let text, let advice): (Terminal.paint("warn", .yellow), text, advice)
            case .broken(let text, let advice): (Terminal.paint("FAIL", .red), text, advice)
            case .skipped(let text): (Terminal.paint("skip", .faint), text, nil)
            }
        Terminal.say("\(mark) \(place): \(Terminal.clean(text))")
        if let advice { Terminal.say("     → \(advice)") }
    }

    var isBroken: Bool { if case .broken = self { true } else { false } }
}
