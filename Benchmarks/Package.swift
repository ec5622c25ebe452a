// swift-tools-version: 6.2
import PackageDescription

// What `scripts/bench` runs beside the server. In C and C++ on epoll, so that the generator takes as little as it can of the
// cores that it shares with what it measures; it needs no packages.
let package = Package(
    name: "ringback-benchmarks",
    products: [
        .executable(name: "load", targets: ["load"]),
        .executable(name: "group-commit", targets: ["group-commit"]),
        .library(name: "allocations", type: .dynamic, targets: ["allocations"]),
    ],
    targets: [
        .executableTarget(name: "load", cxxSettings: [.headerSearchPath("../allocations/include")]),
        .target(name: "allocations"),
        .executableTarget(name: "group-commit", linkerSettings: [.linkedLibrary("sqlite3")]),
    ],
    cxxLanguageStandard: .cxx20
)
