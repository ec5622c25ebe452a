import ArgumentParser
import Foundation
import RingbackModel

/// Settings by option name, from the command line, the environment (`RINGBACK_<NAME>`) or the configuration file, in
/// this order.
struct SettingsSource {
    private let environment: [String: String]
    private let file: ConfigurationFile?

    /// - Parameter file: The path of a JSON file; by default `RINGBACK_CONFIG`, or none.
    init(file: String?, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        self.environment = environment
        let path = file ?? environment["RINGBACK_CONFIG"]
        self.file = try path.map { try ConfigurationFile(path: $0) }
    }

    private func variable(_ name: String) -> String? { environment[Self.variable(name)] }

    /// The name of the environment variable of an option.
    private static func variable(_ name: String) -> String {
        "RINGBACK_" + name.uppercased().replacing("-", with: "_")
    }

    /// Environment variables that are probably misspelled, each with the one that was probably meant.
    var misspelledVariables: [(name: String, meant: String)] {
        let known = Set(ConfigurationFile.kinds.keys.map(Self.variable) + ["RINGBACK_CONFIG"])
        return environment.keys.sorted().compactMap { name in
            guard name.hasPrefix("RINGBACK_"), !known.contains(name) else { return nil }
            return ConfigurationFile.nearest(to: String(name.dropFirst("RINGBACK_".count)))
                .map { (name, Self.variable($0)) }
        }
    }

    func string(_ name: String, _ option: String?) -> String? { option ?? variable(name) ?? file?[name]?.string }

    /// A secret, or the first line of the file that `<name>-file` names: others can see the command line.
    ///
    /// - Throws: `ValidationError` if both are set; ``CommandError`` if the file can't be read.
    func secret(_ name: String, _ option: String?, file: String?) throws -> String? {
        guard let path = string("\(name)-file", file) else { return string(name, option) }
        guard string(name, option) == nil, self.file?[name] == nil else {
            throw ValidationError("Only one of \(name) and \(name)-file can be set.")
        }
        return try SecretFile.firstLine(of: path, "\(name)-file")
    }

    /// A list of secrets, likewise, with commas between them.
    func secrets(_ name: String, _ option: String?, file: String?) throws -> [String] {
        guard string("\(name)-file", file) != nil else { return list(name, option) }
        return Self.elements(try secret(name, option, file: file) ?? "")
    }

    /// - Throws: `ValidationError` if the value is not an integer in `range`.
    func integer(_ name: String, _ option: Int?, in range: ClosedRange<Int>, default standard: Int) throws -> Int {
        var value = option
        if value == nil, let text = variable(name) {
            value = Int(text)
            if value == nil { throw ValidationError("\(name) must be an integer, not '\(text)'.") }
        }
        guard let value = value ?? file?[name]?.integer else { return standard }
        guard range.contains(value) else {
            throw ValidationError("\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(value).")
        }
        return value
    }

    /// - Throws: `ValidationError` if the value is neither `on` nor `off`. Without a value it is on.
    func isOn(_ name: String, _ option: String?) throws -> Bool {
        switch string(name, option) {
        case nil, "on": true
        case "off": false
        case let other?: throw ValidationError("\(name) must be on or off, not '\(other)'.")
        }
    }

    /// A list. On the command line and in the environment, its elements are separated by commas.
    func list(_ name: String, _ option: String?) -> [String] {
        if let text = option ?? variable(name) { return Self.elements(text) }
        return (file?[name]?.elements?.compactMap(\.string) ?? []).flatMap(Self.elements)
    }

    private static func elements(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
