import Foundation
import RingbackOpenAPI
import RingbackWeb
import Testing

/// Files are compiled in by a list in CEmbeddedFiles, in which a new file is easily forgotten.
struct WebAssetsTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func files(in folder: String) throws -> [String: [UInt8]] {
        let folder = root.appending(path: folder)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, [UInt8](try Data(contentsOf: folder.appending(path: $0)))) })
    }

    @Test func `Every file of the pages and of the browser's SDK is compiled in, with its content`() throws {
        let demo = try Self.files(in: "Sources/RingbackWeb/demo")
        let docs = try Self.files(in: "Sources/RingbackWeb/docs")
        #expect(demo.merging(docs) { first, _ in first } == WebAssets.files)
        #expect(try Self.files(in: "Sources/RingbackWeb/sdk") == WebAssets.sdk)
    }

    @Test func `The OpenAPI document is compiled in as it stands in the repository`() throws {
        #expect(try Self.files(in: "openapi")["openapi.yaml"] == OpenAPI.yaml)
    }
}
