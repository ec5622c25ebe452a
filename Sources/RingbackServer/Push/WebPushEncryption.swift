import Crypto
import Foundation
import RingbackCore

/// Encrypts a push so that only the browser can read it (RFC 8291, with the content coding `aes128gcm` of RFC 8188).
struct WebPushEncryption {
    /// The size of a record, of which there is one.
    private static let recordSize: UInt32 = 4096
    private static let tagBytes = 16

    /// The longest text: a push service accepts messages of 4,096 bytes.
    static let maximumBytes = 4096 - 16 - 4 - 1 - 65 - 1 - tagBytes

    let publicKey: P256.KeyAgreement.PublicKey
    let secret: [UInt8]

    /// - Throws: If the key is not a point of the curve.
    init(publicKey: [UInt8], secret: [UInt8]) throws {
        self.publicKey = try P256.KeyAgreement.PublicKey(x963Representation: publicKey)
        self.secret = secret
    }

    /// - Parameters:
    ///   - key: Used once; given by tests.
    ///   - salt: 16 random bytes; given by tests.
    func encrypt(
        _ text: [UInt8], key: P256.KeyAgreement.PrivateKey = .init(),
        salt: [UInt8] = (0..<16).map { _ in UInt8.random(in: 0...255) }
    ) throws -> [UInt8] {
        let own = key.publicKey.x963Representation
        let info = Data("WebPush: info\0".utf8) + publicKey.x963Representation + own
        let shared = try key.sharedSecretFromKeyAgreement(with: publicKey)
        let material = shared.hkdfDerivedSymmetricKey(
            using: SHA256.self, salt: Data(secret), sharedInfo: info, outputByteCount: 32)
        let contentKey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: material, salt: Data(salt), info: Data("Content-Encoding: aes128gcm\0".utf8),
            outputByteCount: 16)
        let nonce = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: material, salt: Data(salt), info: Data("Content-Encoding: nonce\0".utf8),
            outputByteCount: 12)
        // 2 marks the last record.
        let box = try AES.GCM.seal(
            text + [2], using: contentKey, nonce: AES.GCM.Nonce(data: nonce.withUnsafeBytes { Data($0) }))
        let size = withUnsafeBytes(of: Self.recordSize.bigEndian) { Array($0) }
        return salt + size + [UInt8(own.count)] + Array(own) + Array(box.ciphertext) + Array(box.tag)
    }
}

extension Data {
    /// Base64url without padding (RFC 4648, section 5).
    var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    init?(base64URL text: String) {
        let standard = text.replacing("-", with: "+").replacing("_", with: "/").replacing("=", with: "")
        self.init(base64Encoded: standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4))
    }
}
