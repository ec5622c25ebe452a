package import RingbackCore

/// Opens the store under test.
package struct StoreFactory: Sendable {
    /// Opens a database, and creates it if it does not exist. A database that is opened again must be as another
    /// process would find it.
    package let open: @Sendable (_ path: String, _ time: any Timekeeper) throws -> any Store

    package init(_ open: @escaping @Sendable (_ path: String, _ time: any Timekeeper) throws -> any Store) {
        self.open = open
    }
}
