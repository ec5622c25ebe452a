import Testing

@testable import CurlTransport

struct PublicAddressTests {
    @Test(
        arguments: [
            [0, 0, 0, 0], [10, 1, 2, 3], [100, 64, 0, 1], [127, 0, 0, 1], [127, 255, 255, 255], [169, 254, 169, 254],
            [172, 16, 0, 1], [172, 31, 255, 255], [192, 0, 0, 1], [192, 0, 2, 1], [192, 168, 1, 1], [198, 18, 0, 1],
            [198, 51, 100, 1], [203, 0, 113, 1], [224, 0, 0, 1], [255, 255, 255, 255],
        ] as [[UInt8]])
    func `special-purpose IPv4 addresses are not public, also within IPv6`(address: [UInt8]) {
        let zeros = [UInt8](repeating: 0, count: 10)
        #expect(!PublicAddress.contains(address))
        #expect(!PublicAddress.contains(zeros + [0xFF, 0xFF] + address), "mapped")
        #expect(!PublicAddress.contains([0, 0x64, 0xFF, 0x9B] + zeros[..<8] + address), "NAT64")
        #expect(!PublicAddress.contains([0x20, 0x02] + address + zeros), "6to4")
    }

    @Test(
        arguments: [[1, 1, 1, 1], [11, 0, 0, 1], [100, 63, 0, 1], [172, 32, 0, 1], [223, 255, 255, 255]] as [[UInt8]])
    func `other IPv4 addresses are public, also within IPv6`(address: [UInt8]) {
        let zeros = [UInt8](repeating: 0, count: 10)
        #expect(PublicAddress.contains(address))
        #expect(PublicAddress.contains(zeros + [0xFF, 0xFF] + address))
        #expect(PublicAddress.contains([0, 0x64, 0xFF, 0x9B] + zeros[..<8] + address))
    }

    @Test(
        arguments: [
            ([0, 0], false), ([0xFC, 0], false), ([0xFD, 0x12], false), ([0xFE, 0x80], false), ([0xFE, 0xC0], false),
            ([0xFF, 0x02], false), ([0x20, 0x01, 0x0D, 0xB8], false), ([0x20, 0x01, 0, 0], false),
            ([0x20, 0x01, 0x48, 0x60], true), ([0x2A, 0x00], true), ([0x40, 0], false),
        ] as [([UInt8], Bool)])
    func `IPv6 is public within global unicast`(beginning: [UInt8], isPublic: Bool) {
        let address = beginning + [UInt8](repeating: 0, count: 15 - beginning.count) + [1]
        #expect(PublicAddress.contains(address) == isPublic)
    }

    @Test(arguments: [[], [1, 1, 1], [UInt8](repeating: 0x20, count: 17)] as [[UInt8]])
    func `other lengths are not addresses`(bytes: [UInt8]) {
        #expect(!PublicAddress.contains(bytes))
    }
}

struct CurlDriverTests {
    @Test(arguments: ["127.0.0.1", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "localhost"])
    func `an address that is not public is refused before it is connected to`(host: String) async throws {
        var options = CurlOptions(connectTimeout: .seconds(5))
        options.allowsOnlyPublicAddresses = true
        var request = CurlRequest(url: "http://\(host):9/", options: options)
        request.timeout = .seconds(5)
        let error = await #expect(throws: CurlError.self) {
            try await CurlDriver.shared.perform(CurlTransfer(request))
        }
        guard case .failed(.addressNotAllowed, _) = error else {
            Issue.record("\(host): \(String(describing: error))")
            return
        }
    }
}
