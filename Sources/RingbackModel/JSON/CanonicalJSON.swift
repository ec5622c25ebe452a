extension JSONSlice {
    /// The value's JSON with sorted members and without white space, so that texts with the same meaning give the same
    /// bytes. Empty for an empty object.
    ///
    /// - Parameter names: Members of the outermost object to leave out.
    package func canonicalJSON(excluding names: [String]) -> [UInt8] {
        var json = JSONWriter()
        writeCanonical(to: &json, excluding: names)
        let canonical = json.finish()
        return canonical == Array("{}".utf8) ? [] : canonical
    }

    private func writeCanonical(to json: inout JSONWriter, excluding names: [String] = []) {
        if let members = membersByName {
            json.object { json in
                for (name, value) in members where !names.contains(where: { $0.hasSameBytes(as: name) }) {
                    json.member(name)
                    value.writeCanonical(to: &json)
                }
            }
        } else if let elements {
            json.array(elements) { $1.writeCanonical(to: &$0) }
        } else {
            JSONValue(self).write(to: &json)
        }
    }
}
