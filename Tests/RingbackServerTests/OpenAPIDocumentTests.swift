import Logging
import RingbackCore
import RingbackModel
import RingbackOpenAPI
import RingbackSQLite
import RingbackServer
import RingbackTesting
import Testing
import Yams

/// The document and the server agree. That responses match the schemas is tested end to end.
struct OpenAPIDocumentTests {
    private static let methods: Set<String> = ["get", "put", "post", "delete", "patch", "options", "head", "trace"]

    private let document: [String: Any]
    private let served: Set<String>

    init() throws {
        let yaml = String(decoding: OpenAPI.yaml, as: UTF8.self)
        document = try #require(try Yams.load(yaml: yaml) as? [String: Any])
        let database = try TemporaryDatabase()
        let server = RingbackServer(
            store: try SQLiteStore(path: database.path), settings: ServerSettings(), time: ManualTime(),
            logger: Logger(label: "test")
        ) { _ in }
        served = Set(server.served.map { "\($0.route.method.rawValue) \($0.route.path) \($0.rawValue)" })
    }

    @Test func `every route is in the document, and every operation of the document is served`() throws {
        var documented: Set<String> = []
        for (path, item) in try #require(document["paths"] as? [String: [String: Any]]) {
            for (method, operation) in item where Self.methods.contains(method) {
                let id = try #require((operation as? [String: Any])?["operationId"] as? String)
                documented.insert("\(method.uppercased()) \(path) \(id)")
            }
        }
        #expect(served.subtracting(documented) == [], "served, and not in the document")
        #expect(documented.subtracting(served) == [], "in the document, and not served")
    }

    @Test func `the document has every code of a problem, every event type and every reason`() throws {
        let schemas = try #require((document["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]])
        func strings(_ value: Any?) -> Set<String> {
            switch value {
            case let text as String: [text]
            case let list as [Any]: list.reduce(into: []) { $0.formUnion(strings($1)) }
            case let map as [String: Any]: map.values.reduce(into: []) { $0.formUnion(strings($1)) }
            default: []
            }
        }
        let all = strings(schemas)
        for code in Problem.Code.allCases { #expect(all.contains(code.rawValue), "\(code.rawValue)") }
        for type in EventType.allCases { #expect(all.contains(type.rawValue), "\(type.rawValue)") }
        for reason in EndReason.allCases { #expect(all.contains(reason.rawValue), "\(reason.rawValue)") }
    }

    @Test func `every operation has a summary and describes its responses`() throws {
        for (path, item) in try #require(document["paths"] as? [String: [String: Any]]) {
            for (method, operation) in item where Self.methods.contains(method) {
                let operation = try #require(operation as? [String: Any])
                #expect(operation["summary"] != nil, "\(method) \(path)")
                #expect((operation["responses"] as? [String: Any])?.isEmpty == false, "\(method) \(path)")
            }
        }
    }
}
