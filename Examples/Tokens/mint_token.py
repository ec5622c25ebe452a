# python mint_token.py USER [DEVICE]: prints a token that is valid for ten minutes, signed with the RINGBACK_JWT_SECRET of the server.
import os
import sys
import time

import jwt  # pip install pyjwt

now = int(time.time())
claims = {"sub": sys.argv[1], "iss": "chat", "aud": "ringback", "iat": now, "exp": now + 600}
if len(sys.argv) > 2:
    claims["device_id"] = sys.argv[2]
print(jwt.encode(claims, os.environ["RINGBACK_JWT_SECRET"], algorithm="HS256"))
