#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import NIOCore

/// Why the server could not listen, as a sentence for whoever started it.
package struct ListenFailure: Error, CustomStringConvertible {
    package let description: String

    /// - Parameter error: What binding has thrown.
    /// - Returns: `nil` for an error that is not about the address.
    package init?(_ error: any Error, hostname: String, port: Int) {
        let place = "\(hostname.contains(":") ? "[\(hostname)]" : hostname):\(port)"
        switch error {
        case let error as IOError:
            switch error.errnoCode {
            case EADDRINUSE:
                description = """
                    Port \(port) of \(hostname) is in use. Stop the program that listens there, or choose another port with \
                    --port (0 takes a free one).
                    """
            case EACCES, EPERM:
                description = """
                    This user may not listen on \(place): ports below 1024 need the capability CAP_NET_BIND_SERVICE. Choose \
                    another port with --port, and put a proxy before the server.
                    """
            case EADDRNOTAVAIL:
                description = """
                    \(hostname) is not an address of this machine. Choose one with --hostname: 127.0.0.1 for this machine \
                    alone, 0.0.0.0 for all of its IPv4 addresses, :: for IPv6 too.
                    """
            case EAFNOSUPPORT:
                description = "\(place): this machine has no \(hostname.contains(":") ? "IPv6" : "such network")."
            default: description = "The server can't listen on \(place): \(String(cString: strerror(error.errnoCode)))."
            }
        case is SocketAddressError, is SocketAddressError.UnknownHost:
            description = "The name \(hostname) has no address. Write an address of this machine: --hostname 127.0.0.1"
        default: return nil
        }
    }
}
