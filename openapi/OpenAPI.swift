/// The contract, compiled in.
package enum OpenAPI {
    /// `openapi.yaml`, as it stands in this folder.
    package static let yaml: [UInt8] = PackageResources.openapi_yaml
}
