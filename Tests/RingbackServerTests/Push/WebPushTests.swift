import Crypto
import Foundation
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackServer

struct WebPushTests {
    private func bytes(_ text: String) throws -> [UInt8] { Array(try #require(Data(base64URL: text))) }

    /// RFC 8291, appendix A.
    @Test func `A push is encrypted as in the example of RFC 8291`() throws {
        let encryption = try WebPushEncryption(
            publicKey: bytes(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
            secret: bytes("BTBZMqHH6r4Tts7J_aSIgg"))
        let message = try encryption.encrypt(
            Array("When I grow up, I want to be a watermelon".utf8),
            key: P256.KeyAgreement.PrivateKey(
                rawRepresentation: Data(try bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))),
            salt: bytes("DGv6ra1nlYgDCS1FRnbzlw"))
        #expect(
            Data(message).base64URL == """
                DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_\
                yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN
                """)
    }

    @Test func `A token names the push service and the operator`() throws {
        let key = try #require(VAPIDKey(VAPIDKey.random(), contact: "mailto:operator@example.org"))
        let text = try key.authorization(for: "https://push.example.org", at: ManualTime.start)
        let parts = text.dropFirst("vapid t=".count).prefix { $0 != "," }.split(separator: ".").map(String.init)
        #expect(parts.count == 3 && text.hasSuffix(", k=\(key.publicKey)"))
        let claims = String(decoding: try bytes(parts[1]), as: UTF8.self)
        #expect(
            claims == #"{"aud":"https://push.example.org","exp":1769895000,"sub":"mailto:operator@example.org"}"#)
        let publicKey = try P256.Signing.PublicKey(x963Representation: Data(try bytes(key.publicKey)))
        let signature = try P256.Signing.ECDSASignature(rawRepresentation: Data(try bytes(parts[2])))
        #expect(publicKey.isValidSignature(signature, for: Data("\(parts[0]).\(parts[1])".utf8)))
    }

    @Test(arguments: [("", "mailto:a@b"), ("AAAA", "mailto:a@b"), (VAPIDKey.random(), "a@b"), (VAPIDKey.random(), "")])
    func `A key that cannot be right is refused`(text: String, contact: String) {
        #expect(VAPIDKey(text, contact: contact) == nil)
    }

    @Test func `A topic is the same for a call and does not disclose it`() {
        let topic = Push.topic(of: Cast.callID())
        #expect(topic.count == 32 && topic == Push.topic(of: Cast.callID()))
        #expect(topic != Push.topic(of: Cast.callID(2)))
    }
}
