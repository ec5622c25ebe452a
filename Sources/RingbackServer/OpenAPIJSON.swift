import RingbackModel
import RingbackOpenAPI
import Yams

/// The OpenAPI document in its two formats.
package enum OpenAPIDocument {
    /// `openapi/openapi.yaml` of the repository.
    package static let yaml = RingbackOpenAPI.OpenAPI.yaml

    /// The same document as JSON, converted at first use. Members are in the order of the YAML.
    package static let json: [UInt8] = {
        do {
            return try json(from: String(decoding: yaml, as: UTF8.self))
        } catch {
            fatalError("openapi.yaml, which is compiled in and converted by the tests, is not YAML: \(error)")
        }
    }()

    /// Converts a YAML document according to the JSON schema of YAML 1.2 (section 10.2): a plain scalar that is a JSON
    /// number, `true`, `false` or `null` has that value, an empty one is null, and all other scalars are strings.
    ///
    /// - Precondition: All keys are scalars.
    /// - Throws: `YamlError` if the text is not YAML or a mapping has duplicate keys.
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
