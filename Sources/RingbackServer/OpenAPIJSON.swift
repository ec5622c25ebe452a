import RingbackModel
import RingbackOpenAPI
import Yams

/// The OpenAPI document in the two forms it is served in.
package enum OpenAPIDocument {
    /// `openapi/openapi.yaml` as it is in the repository.
    package static let yaml = RingbackOpenAPI.OpenAPI.yaml

    /// The same document as JSON, converted at first use. Members keep the order of the YAML.
    package static let json: [UInt8] = {
        do {
            return try json(from: String(decoding: yaml, as: UTF8.self))
        } catch {
            fatalError("openapi.yaml, which is compiled in and converted by the tests, is not YAML: \(error)")
        }
    }()

    /// Converts a YAML document by the JSON schema of YAML 1.2 (section 10.2): a plain scalar that is a JSON number,
    /// `true`, `false` or `null` is that value, an empty one is null, and every other scalar is a string.
    ///
    /// - Precondition: All keys are scalars.
    /// - Throws: `YamlError` for text that is not YAML, and for a key that occurs twice in a mapping.
    package static func json(from yaml: String) throws -> [UInt8] {
        var json = JSONWriter(reservingCapacity: yaml.utf8.count)
        if let document = try Yams.compose(yaml: yaml, .basic) { json.write(document) } else { json.null() }
        return json.finish()
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ node: Node) {
        switch node {
        case .mapping(let members):
            object { json in
                for (key, value) in members {
                    json.member(key.scalar!.string)
                    json.write(value)
                }
            }
        case .sequence(let elements): array(elements) { $0.write($1) }
        case .scalar(let scalar):
            if scalar.style != .plain {
                string(scalar.string)
            } else if scalar.string.isEmpty {
                null()
            } else if let value = try? JSONText(Array(scalar.string.utf8)) {
                raw(value.utf8)
            } else {
                string(scalar.string)
            }
        case .alias: preconditionFailure("the parser replaces aliases")
        }
    }
}
