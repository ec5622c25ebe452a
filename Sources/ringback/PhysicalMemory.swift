import Foundation

enum PhysicalMemory {
    /// Bytes that this process may have: the machine's, or the limit of its control group.
    static var bytes: Int {
        let machine = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        let limit = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8)
        return limit.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }.map { min($0, machine) }
            ?? machine
    }
}
