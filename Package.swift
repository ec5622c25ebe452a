// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "ringback",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "ringback", targets: ["ringback"]),
        .executable(name: "ringback-conformance", targets: ["ringback-conformance"]),
        .library(name: "RingbackClient", targets: ["RingbackClient"]),
        .library(name: "RingbackModel", targets: ["RingbackModel"]),
        .library(name: "RingbackConformance", targets: ["RingbackConformance"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .target(name: "RingbackModel", swiftSettings: strict),
        .target(
            name: "RingbackCore",
            dependencies: [
                "RingbackModel",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "RingbackMigrations",
            dependencies: ["CEmbeddedFiles", .product(name: "Crypto", package: "swift-crypto")], path: "migrations",
            exclude: ["sqlite", "postgresql"],
            swiftSettings: strict
        ),
        .target(
            name: "RingbackSQLite",
            dependencies: [
                "RingbackCore", "RingbackModel", "RingbackMigrations",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .systemLibrary(name: "CLibpq"),
        .target(
            name: "RingbackPostgres",
            dependencies: [
                "CLibpq", "RingbackCore", "RingbackModel", "RingbackMigrations",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "RingbackOpenAPI", dependencies: ["CEmbeddedFiles"], path: "openapi", exclude: ["openapi.yaml"],
            swiftSettings: strict
        ),
        .target(
            name: "RingbackWeb", dependencies: ["CEmbeddedFiles"], exclude: ["demo", "docs", "sdk"],
            swiftSettings: strict
        ),
        .target(name: "CEmbeddedFiles"),
        .target(name: "CMalloc"),
        .target(name: "CGzip", linkerSettings: [.linkedLibrary("z")]),
        .target(
            name: "RingbackIdentity",
            dependencies: [
                "CurlTransport", "RingbackCore", "RingbackModel",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["README.md"],
            swiftSettings: strict
        ),
        .target(
            name: "RingbackServer",
            dependencies: [
                "CGzip", "CMalloc", "CurlTransport", "RingbackCore", "RingbackModel", "RingbackOpenAPI", "RingbackWeb",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "RingbackConformance",
            dependencies: [
                "RingbackModel",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "RingbackTesting",
            dependencies: ["RingbackCore", "RingbackModel", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict
        ),
        .target(
            name: "CLibcurl", exclude: ["README.md"], linkerSettings: [.linkedLibrary("curl"), .linkedLibrary("wslay")]),
        .target(name: "CurlTransport", dependencies: ["CLibcurl"], exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "RingbackClient", dependencies: ["CLibcurl", "CurlTransport", "RingbackModel"],
            exclude: ["README.md"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ringback",
            dependencies: [
                "CLibcurl", "CurlTransport", "RingbackIdentity", "RingbackServer", "RingbackSQLite", "RingbackPostgres",
                "RingbackClient",
                "RingbackCore", "RingbackModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            exclude: ["README.md"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ringback-example-peer", dependencies: ["RingbackClient"], path: "Examples/Peer",
            exclude: ["peer.py"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ringback-conformance",
            dependencies: ["RingbackConformance", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RingbackModelTests", dependencies: ["RingbackModel", "RingbackTesting"], swiftSettings: strict),
        .testTarget(
            name: "RingbackCoreTests",
            dependencies: [
                "RingbackCore", "RingbackModel", "RingbackSQLite", "RingbackTesting",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RingbackSQLiteTests",
            dependencies: [
                "RingbackCore", "RingbackMigrations", "RingbackModel", "RingbackSQLite", "RingbackTesting",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RingbackIdentityTests",
            dependencies: [
                "RingbackCore", "RingbackIdentity", "RingbackModel",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: strict),
        .testTarget(name: "CurlTransportTests", dependencies: ["CurlTransport"], swiftSettings: strict),
        .testTarget(
            name: "RingbackPostgresTests",
            dependencies: [
                "RingbackCore", "RingbackModel", "RingbackPostgres", "RingbackTesting",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RingbackClientTests",
            dependencies: [
                "CurlTransport", "RingbackClient", "RingbackCore", "RingbackModel", "RingbackOpenAPI", "RingbackServer",
                "RingbackSQLite",
                "RingbackTesting",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RingbackServerTests",
            dependencies: [
                "RingbackConformance", "RingbackCore", "RingbackModel", "RingbackOpenAPI", "RingbackServer",
                "RingbackSQLite", "RingbackTesting", "RingbackWeb",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
    ]
)

// The READMEs of the modules, which are not sources.
let described = [
    "CEmbeddedFiles", "CGzip", "CMalloc", "RingbackConformance", "RingbackCore", "RingbackMigrations", "RingbackModel",
    "RingbackOpenAPI", "RingbackPostgres", "RingbackSQLite", "RingbackServer", "RingbackTesting", "RingbackWeb",
    "ringback-conformance",
]
for target in package.targets where described.contains(target.name) { target.exclude.append("README.md") }

// Run by `scripts/bench --sdk` and `--micro`. Other builds neither build them nor fetch their dependencies.
if Context.environment["RINGBACK_BENCHMARKS"] != nil {
    package.targets.append(
        .executableTarget(
            name: "sdk-benchmark", dependencies: ["CLibcurl", "RingbackClient"], path: "Benchmarks/SDK",
            swiftSettings: strict))
}
if let benchmarks = Context.environment["RINGBACK_BENCHMARKS"], benchmarks != "sdk" {
    package.dependencies.append(.package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []))
    package.targets.append(
        .executableTarget(
            name: "Micro",
            dependencies: [
                "RingbackCore", "RingbackModel", "RingbackSQLite",
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/Micro",
            swiftSettings: strict,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ))
}
