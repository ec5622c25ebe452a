// go run mint_token.go USER [DEVICE]: prints a token that is valid for ten minutes, signed with the RINGBACK_JWT_SECRET of the server.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

func main() {
	now := time.Now().Unix()
	claims := map[string]any{"sub": os.Args[1], "iss": "chat", "aud": "ringback", "iat": now, "exp": now + 600}
	if len(os.Args) > 2 {
		claims["device_id"] = os.Args[2]
	}
	body, _ := json.Marshal(claims)
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(body)
	mac := hmac.New(sha256.New, []byte(os.Getenv("RINGBACK_JWT_SECRET")))
	mac.Write([]byte(text))
	fmt.Println(text + "." + encode(mac.Sum(nil)))
}
