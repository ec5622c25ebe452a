import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A TCP connection with blocking reads and writes.
final class Connection: Sendable {
    let descriptor: Int32
    private let isOpen = Mutex(true)

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    static func connect(port: Int) -> Connection? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            Glibc.close(descriptor)
            return nil
        }
        return Connection(descriptor)
    }

    static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// - Returns: `nil` at the end.
    func read(atMost count: Int = 16 << 10) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let got = recv(descriptor, &buffer, count, 0)
        return got > 0 ? Array(buffer[..<got]) : nil
    }

    /// The bytes up to an empty line.
    func readHead() -> String? {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard head.count < 64 << 10, let byte = read(atMost: 1) else { return nil }
            head += byte
        }
        return String(decoding: head, as: UTF8.self)
    }

    @discardableResult
    func write(_ bytes: some Sequence<UInt8>) -> Bool {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Limits how much the system buffers.
    func limitReceiveBuffer(_ bytes: Int32) {
        var bytes = bytes
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Waits until the other side has closed or reset the connection, without reading.
    func waitForEnd() {
        // POLLRDHUP, which Glibc's module does not have.
        var watched = pollfd(fd: descriptor, events: 0x2000, revents: 0)
        _ = poll(&watched, 1, -1)
    }

    /// - Parameter isReset: Whether to reset the connection instead of closing it.
    func end(isReset: Bool = false) {
        if isReset {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
        isOpen.withLock { isOpen in
            guard isOpen else { return }
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
    }

    deinit {
        isOpen.withLock { $0 = false }
        close(descriptor)
    }
}

/// Listens on a free port of loopback, with a thread per connection.
final class Listener: Sendable {
    let port: Int
    private let descriptor: Int32
    private let connections = Mutex<[Connection]>([])
    private let accepted = Mutex(0)

    var url: URL { URL(string: "http://127.0.0.1:\(port)")! }

    /// The number of connections so far.
    var acceptedConnections: Int { accepted.withLock { $0 } }

    init(_ serve: @escaping @Sendable (Connection) -> Void) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        var address = Connection.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard bind(descriptor, pointer, length) == 0, listen(descriptor, 512) == 0,
                    getsockname(descriptor, pointer, &length) == 0
                else { throw POSIXError(.EADDRNOTAVAIL) }
            }
            return Int(in_port_t(bigEndian: $0.pointee.sin_port))
        }
        Thread { [weak self] in
            while true {
                let descriptor = accept(descriptor, nil, nil)
                guard descriptor >= 0, let self else { return }
                let connection = Connection(descriptor)
                self.connections.withLock { $0.append(connection) }
                self.accepted.withLock { $0 += 1 }
                let thread = Thread {
                    serve(connection)
                    connection.end()
                    self.connections.withLock { $0.removeAll { $0 === connection } }
                }
                thread.stackSize = 256 << 10
                thread.start()
            }
        }.start()
    }

    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        for connection in connections.withLock({ $0 }) { connection.end() }
    }

    deinit {
        stop()
        close(descriptor)
    }
}
