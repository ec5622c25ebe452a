// Prints a token that is valid for ten minutes, signed with the RINGBACK_JWT_SECRET of the server.
// Arguments: USER [DEVICE]. Needs swift-crypto.
import Crypto
import Foundation

func encode(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

let now = Int(Date().timeIntervalSince1970)
var claims: [String: Any] = [
    "sub": CommandLine.arguments[1], "iss": "chat", "aud": "ringback", "iat": now, "exp": now + 600,
]
if CommandLine.arguments.count > 2 { claims["device_id"] = CommandLine.arguments[2] }
let text =
    encode(Data(#"{"alg":"HS256","typ":"JWT"}"#.utf8)) + "."
    + encode(try JSONSerialization.data(withJSONObject: claims))
let secret = SymmetricKey(data: Data((ProcessInfo.processInfo.environment["RINGBACK_JWT_SECRET"] ?? "").utf8))
print(text + "." + encode(Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: secret))))
