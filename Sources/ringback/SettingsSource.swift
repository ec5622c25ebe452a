import ArgumentParser
import Configuration
import Foundation
import SystemPackage

/// Settings by their option's name: what the command line says, else `RINGBACK_<NAME>`, else the configuration file.
struct SettingsSource {
    private let reader: ConfigReader

    /// - Parameter file: A JSON file; by default `RINGBACK_CONFIG`, or none.
    init(file: String?) async throws {
        let environment = EnvironmentVariablesProvider().prefixKeys(with: "ringback")
        guard let path = file ?? ConfigReader(provider: environment).string(forKey: "config") else {
            reader = ConfigReader(provider: environment)
            return
        }
        do {
            let file = try await FileProvider<JSONSnapshot>(filePath: FilePath(path))
            reader = ConfigReader(providers: [environment, file])
        } catch {
            throw ValidationError("The configuration file \(path) can't be read: \(error)")
        }
    }

    func string(_ name: String, _ option: String?) -> String? { option ?? reader.string(forKey: ConfigKey([name])) }

    /// - Throws: When what the environment or the file has is not an integer in `range`.
    func integer(_ name: String, _ option: Int?, in range: ClosedRange<Int>, default standard: Int) throws -> Int {
        let value: Int
        if let option {
            value = option
        } else if let integer = reader.int(forKey: ConfigKey([name])) {
            value = integer
        } else if let text = reader.string(forKey: ConfigKey([name])) {
            throw ValidationError("\(name) must be an integer, not '\(text)'.")
        } else {
            return standard
        }
        guard range.contains(value) else {
            throw ValidationError("\(name) must be from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    /// A list, on the command line and in the environment with commas.
    func list(_ name: String, _ option: String?) -> [String] {
        let values =
            option.map { $0.split(separator: ",").map(String.init) }
            ?? reader.stringArray(forKey: ConfigKey([name])) ?? []
        return values.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
