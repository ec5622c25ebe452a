package import RingbackCore

/// Opens the store that a test is about.
package struct StoreFactory: Sendable {
    /// Opens a database, and makes it if it isn't there. Opened again, it is as another process would find it.
    package let open: @Sendable (_ path: String, _ time: any Timekeeper) throws -> any Store

    package init(_ open: @escaping @Sendable (_ path: String, _ time: any Timekeeper) throws -> any Store) {
        self.open = open
    }
}
