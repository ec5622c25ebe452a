# python mint_token.py petya — prints a token for a user, good for ten minutes. RINGBACK_JWT_SECRET is the server's too.
import os
import sys
import time

import jwt  # pip install pyjwt

now = int(time.time())
claims = {"sub": sys.argv[1], "iss": "chat", "aud": "ringback", "iat": now, "exp": now + 600}
if len(sys.argv) > 2:
    claims["device_id"] = sys.argv[2]
print(jwt.encode(claims, os.environ["RINGBACK_JWT_SECRET"], algorithm="HS256"))
