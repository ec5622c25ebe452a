import Foundation

/// CPU time of this process, and wall time.
struct Cost {
    var cpu: Duration
    var wall: Duration

    /// All threads, user and system.
    static var cpuOfProcess: Duration {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return .seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + .microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    }

    static func of(_ work: () async throws -> Void) async rethrows -> Cost {
        let (cpu, wall) = (cpuOfProcess, ContinuousClock.now)
        try await work()
        return Cost(cpu: cpuOfProcess - cpu, wall: .now - wall)
    }
}

extension Duration {
    var microseconds: Double { self / .microseconds(1) }
}

extension [Double] {
    /// The quantile `share` of the values.
    func quantile(_ share: Double) -> Double {
        sorted()[Swift.min(count - 1, Int(Double(count) * share))]
    }

    var median: Double { quantile(0.5) }

    /// The median, and the smallest and the largest in brackets.
    func text(_ digits: Int) -> String {
        let values = [median, self.min() ?? 0, self.max() ?? 0].map { String(format: "%.\(digits)f", $0) }
        return "\(values[0]) (\(values[1])–\(values[2]))"
    }
}

/// Begins a Markdown table.
func table(_ columns: String...) {
    print("\n| \(columns.joined(separator: " | ")) |\n|\(String(repeating: "---|", count: columns.count))")
}

func row(_ cells: String...) { print("| \(cells.joined(separator: " | ")) |") }

func number(_ value: Double, _ digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }
