import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A UDP or TCP socket to a host.
final class ICESocket: ICEConnection {
    private let descriptor: Int32
    let isStream: Bool

    /// - Throws: ``ICEFailure``.
    init(host: String, port: UInt16, isStream: Bool) throws {
        self.isStream = isStream
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = Int32((isStream ? SOCK_STREAM : SOCK_DGRAM).rawValue)
        #else
            hints.ai_socktype = isStream ? SOCK_STREAM : SOCK_DGRAM
        #endif
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else {
            throw ICEFailure(text: "the name \(host) has no address")
        }
        defer { freeaddrinfo(found) }
        var candidate: UnsafeMutablePointer<addrinfo>? = found
        while let address = candidate {
            let descriptor = socket(address.pointee.ai_family, address.pointee.ai_socktype, address.pointee.ai_protocol)
            var timeout = timeval(tv_sec: 2, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
            if connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
            candidate = address.pointee.ai_next
        }
        throw ICEFailure(text: "no response from \(host):\(port)")
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                sendto(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL), nil, 0)
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    func read(atMost count: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let got = recv(descriptor, &buffer, count, 0)
        return got > 0 ? Array(buffer[..<got]) : nil
    }
}
