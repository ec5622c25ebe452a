#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import NIOCore

/// Why the server could not listen, as a sentence for the person who started it.
package struct ListenFailure: Error, CustomStringConvertible {
    package let description: String

    /// - Parameters:
    ///   - error: The error thrown by bind.
    ///   - options: What the names of the options begin with.
    /// - Returns: `nil` if the error is not about the address.
    init?(_ error: any Error, hostname: String, port: Int, options: String) {
        let place = "\(hostname.contains(":") ? "[\(hostname)]" : hostname):\(port)"
        switch error {
        case let error as IOError:
            switch error.errnoCode {
            case EADDRINUSE:
                description = """
                    Port \(port) of \(hostname) is in use. Stop the program that uses it, or choose another port with \
                    --\(options)port (0 chooses a free one).
                    """
            case EACCES, EPERM:
                description = """
                    This user may not listen on \(place): ports below 1024 need the capability CAP_NET_BIND_SERVICE. Choose \
                    another port with --\(options)port, and put a proxy in front of the server.
                    """
            case EADDRNOTAVAIL:
                description = """
                    \(hostname) is not an address of this machine. Choose one with --\(options)hostname: 127.0.0.1 for this machine \
                    only, 0.0.0.0 for all IPv4 addresses, :: for IPv6 as well.
                    """
            case EAFNOSUPPORT:
                description = "\(place): this machine has no \(hostname.contains(":") ? "IPv6" : "such network")."
            default: description = "Cannot listen on \(place): \(String(cString: strerror(error.errnoCode)))."
            }
        case is SocketAddressError, is SocketAddressError.UnknownHost:
            description = "The name \(hostname) has no address. Use one of this machine: --\(options)hostname 127.0.0.1"
        default: return nil
        }
    }
}
