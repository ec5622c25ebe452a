package import RingbackModel

extension JSONSlice {
    /// The value at a path of member names and indices, as in `call.legs.0.state`.
    package func value(at path: String) -> JSONSlice? {
        path.split(separator: ".").reduce(JSONSlice?.some(self)) { value, step in
            guard let index = Int(step) else { return value?[String(step)] }
            guard let elements = value?.elements, elements.indices.contains(index) else { return nil }
            return elements[index]
        }
    }

    /// The string at a path.
    package func text(_ path: String) -> String? { value(at: path)?.string }

    /// The integer at a path.
    package func number(_ path: String) -> Int? { value(at: path)?.integer }

    /// The boolean at a path.
    package func flag(_ path: String) -> Bool? { value(at: path)?.bool }

    /// The elements of the array at a path; empty if there is none.
    package func list(_ path: String) -> [JSONSlice] { value(at: path)?.elements ?? [] }

    /// The text, shortened for messages.
    package var excerpt: String {
        let bytes = text.utf8
        return String(decoding: bytes.prefix(600), as: UTF8.self) + (bytes.count > 600 ? "…" : "")
    }
}
