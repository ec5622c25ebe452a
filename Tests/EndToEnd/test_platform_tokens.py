"""Tokens of a platform that has users of its own: who they let in, and all that they don't."""

import base64
import hashlib
import http.server
import json
import subprocess
import sys
import threading
import time

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwcrypto import jwk, jws
from websockets.sync.client import connect
from websockets.exceptions import ConnectionClosed

from harness.server import ROOT, binary, environment

SECRET = "a secret of the platform, long enough"


def token(user="petya", device="phone-of-petya", key=SECRET, algorithm="HS256", headers=None, seconds=600, **claims):
    now = int(time.time())
    body = {"sub": user, "iss": "chat", "aud": "ringback", "iat": now, "exp": now + seconds}
    if device:
        body["device_id"] = device
    body |= claims
    return jwt.encode({name: value for name, value in body.items() if value is not None}, key, algorithm, headers)


def me(server, token, **headers):
    return requests.get(
        server.url + "/v1/users/me", headers={"Authorization": f"Bearer {token}", **headers}, timeout=10)


@pytest.fixture
def server(start_server):
    return start_server("--jwt-secret", SECRET, "--jwt-issuer", "chat", "--jwt-audience", "ringback")


def test_the_first_token_makes_the_user_and_a_name_updates_it(server):
    assert me(server, token(name="Petya P.")).json()["displayName"] == "Petya P."
    assert me(server, token(name="Пётр")).json()["displayName"] == "Пётр"
    assert me(server, token(name=None)).json()["displayName"] == "Пётр"
    assert me(server, token("vasya", "phone-of-vasya")).json()["displayName"] == "vasya"
    taken = me(server, token("vasya", "phone-of-petya"))
    assert taken.status_code == 422 and "belongs to another user" in taken.text


def test_a_call_between_two_users_of_the_platform(server):
    """Over the socket and over HTTP, with a ticket between."""
    vasya = {"Authorization": "Bearer " + token("vasya", "laptop-of-vasya")}
    petya = {"Authorization": "Bearer " + token()}
    for headers in (vasya, petya):
        assert requests.get(server.url + "/v1/users/me", headers=headers, timeout=10).status_code == 200
    ticket = requests.post(server.url + "/v1/tickets", headers=petya, timeout=10).json()["ticket"]
    with connect(server.url.replace("http", "ws") + f"/v1/socket?ticket={ticket}") as socket:
        assert json.loads(socket.recv(10))["event"]["type"] == "welcome"
        call = requests.post(server.url + "/v1/calls", json={"callee": "petya"}, headers=vasya, timeout=10)
        assert call.status_code == 201, call.text
        while json.loads(socket.recv(10)).get("event", {}).get("type") != "call.incoming":
            pass
    accepted = requests.post(
        f"{server.url}/v1/calls/{call.json()['callId']}/accept", headers=petya, timeout=10)
    assert accepted.status_code == 200 and accepted.json()["state"] == "connecting"


def test_a_hello_and_a_header_may_bring_the_token_and_the_device(server):
    with connect(server.url.replace("http", "ws") + "/v1/socket") as socket:
        socket.send(json.dumps(
            {"id": 1, "op": "hello", "data": {"token": token(device=None), "deviceId": "tablet-of-petya"}}))
        assert json.loads(socket.recv(10))["event"]["type"] == "welcome"
    sessions = requests.get(
        server.url + "/v1/sessions", timeout=10,
        headers={"Authorization": "Bearer " + token(device=None), "Ringback-Device": "watch-of-petya"}).json()["items"]
    assert {item["deviceId"] for item in sessions} == {"tablet-of-petya", "watch-of-petya"}
    assert me(server, token(device=None), **{"Ringback-Device": "no"}).status_code == 422


def test_a_token_can_be_exchanged_for_a_session(server):
    answer = requests.post(
        server.url + "/v1/sessions", json={"platformToken": token(), "deviceName": "phone"}, timeout=10)
    assert answer.status_code == 201, answer.text
    session = answer.json()
    assert (session["userId"], session["deviceId"], session["deviceName"]) == ("petya", "phone-of-petya", "phone")
    assert me(server, session["token"]).status_code == 200
    for wrong in (token(key=SECRET + "x"), "no token", token(seconds=-60)):
        refused = requests.post(server.url + "/v1/sessions", json={"platformToken": wrong}, timeout=10)
        assert refused.status_code == 401, refused.text


def test_a_server_without_keys_takes_no_token_of_a_platform(start_server):
    server = start_server()
    assert me(server, token()).status_code == 401
    refused = requests.post(server.url + "/v1/sessions", json={"platformToken": token()}, timeout=10)
    assert refused.status_code == 422


def test_a_newer_token_of_a_device_goes_on_where_the_older_was(server):
    first, second = token(), token(seconds=900)
    with connect(server.url.replace("http", "ws") + "/v1/socket",
                 additional_headers={"Authorization": "Bearer " + first}) as socket:
        assert json.loads(socket.recv(10))["event"]["type"] == "welcome"
        assert me(server, second).status_code == 200
        assert me(server, first).status_code == 200
        socket.send(json.dumps({"id": 1, "op": "getMe"}))
        assert json.loads(socket.recv(10))["status"] == 200


def test_a_sign_out_voids_the_tokens_of_before(server):
    first = token(iat=int(time.time()) - 5)
    headers = {"Authorization": "Bearer " + first}
    with connect(server.url.replace("http", "ws") + "/v1/socket", additional_headers=headers) as socket:
        assert json.loads(socket.recv(10))["event"]["type"] == "welcome"
        out = requests.delete(server.url + "/v1/sessions/phone-of-petya", headers=headers, timeout=10)
        assert out.status_code == 204
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                socket.recv(5)
        assert closed.value.rcvd.code == 4501
    assert me(server, first).status_code == 401
    assert me(server, token(iat=None)).status_code == 401, "one that does not say when it was made"
    server.kill9()
    server.restart()
    assert me(server, first).status_code == 401, "after a restart"
    later = token(iat=int(time.time()) + 2)
    assert me(server, later).status_code == 200


def test_a_sign_out_of_all_devices_voids_the_tokens_whatever_device_they_name(server):
    """A token that names no device was admitted again under another name."""
    first = token(device=None, iat=int(time.time()) - 5)
    assert me(server, first, **{"Ringback-Device": "tablet-of-petya"}).status_code == 200
    out = requests.delete(server.url + "/v1/sessions", headers={"Authorization": "Bearer " + first}, timeout=10)
    assert out.status_code == 200
    for name in ("tablet-of-petya", "another-of-petya"):
        assert me(server, first, **{"Ringback-Device": name}).status_code == 401
    later = token(device=None, iat=int(time.time()) + 2)
    assert me(server, later, **{"Ringback-Device": "tablet-of-petya"}).status_code == 200
    assert me(server, first, **{"Ringback-Device": "tablet-of-petya"}).status_code == 401, "the device is back, not the token"


def test_a_signed_out_token_stays_void_when_its_device_is_back(server):
    first = token(iat=int(time.time()) - 5)
    headers = {"Authorization": "Bearer " + first}
    requests.delete(server.url + "/v1/sessions/phone-of-petya", headers=headers, timeout=10)
    assert me(server, token(iat=int(time.time()) + 2)).status_code == 200
    assert me(server, first).status_code == 401


def test_nobody_can_take_the_device_of_tokens_that_name_none(server):
    mine = "p" + hashlib.sha256(b"the one device of petya").hexdigest()[:32]
    assert me(server, token("vasya", None), **{"Ringback-Device": mine}).status_code == 422
    session = {"platformToken": token("vasya", None), "deviceId": mine}
    assert requests.post(server.url + "/v1/sessions", json=session, timeout=10).status_code == 422
    assert me(server, token(device=None)).status_code == 200


def test_a_user_can_add_only_so_many_devices_at_a_time(server):
    statuses = [
        me(server, token("vasya", None), **{"Ringback-Device": f"device-{number:04}"}).status_code for number in range(60)]
    assert statuses[:30] == [200] * 30 and 429 in statuses, statuses
    assert me(server, token()).status_code == 200, "another user"


def test_what_a_ticket_opens_ends_with_the_token_it_was_bought_with(server):
    assert me(server, token(seconds=3600)).status_code == 200, "the device has a longer token, too"
    headers = {"Authorization": "Bearer " + token(seconds=-27)}  # clocks may differ by 30 s
    ticket = requests.post(server.url + "/v1/tickets", headers=headers, timeout=10).json()["ticket"]
    with connect(server.url.replace("http", "ws") + f"/v1/socket?ticket={ticket}") as socket:
        assert json.loads(socket.recv(10))["event"]["type"] == "welcome"
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                socket.recv(10)
    assert closed.value.rcvd.code == 4500


def test_an_expired_token_closes_its_socket_and_ends_its_stream_and_its_poll(server):
    headers = {"Authorization": "Bearer " + token(seconds=-28)}  # clocks may differ by 30 s
    assert me(server, token(seconds=-31)).json()["code"] == "token_expired"
    cursor = requests.get(server.url + "/v1/events", headers=headers, timeout=10).json()["cursor"]
    ended = {}

    def poll():
        params = {"cursor": cursor, "waitSeconds": 25}
        answer = requests.get(server.url + "/v1/events", params=params, headers=headers, timeout=30)
        ended["poll"] = (answer.status_code, time.monotonic())

    def stream():
        with requests.get(server.url + "/v1/events/stream", headers=headers, stream=True, timeout=30) as answer:
            for _ in answer.iter_content(None):
                pass
        ended["stream"] = (answer.status_code, time.monotonic())

    begin = time.monotonic()
    threads = [threading.Thread(target=work) for work in (poll, stream)]
    for thread in threads:
        thread.start()
    with connect(server.url.replace("http", "ws") + "/v1/socket", additional_headers=headers) as socket:
        assert json.loads(socket.recv(10))["event"]["type"] == "welcome"
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                socket.recv(10)
        assert closed.value.rcvd.code == 4500
    ended["socket"] = (4500, time.monotonic())
    for thread in threads:
        thread.join(30)
    assert {way: round(at - begin, 1) for way, (_, at) in ended.items() if at - begin > 2 + 5} == {}
    assert set(ended) == {"poll", "stream", "socket"}


def keys():
    """A key of each kind, and its public half as a JWK."""
    made = {
        "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()), "EdDSA": ed25519.Ed25519PrivateKey.generate()}
    public = []
    for name, key in made.items():
        pem = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        public.append(jwk.JWK.from_pem(pem).export_public(as_dict=True) | {"kid": name, "use": "sig"})
    return made, public


def pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class Issuer:
    """Serves a key set and the document that says where it is, and counts."""

    def __init__(self, public):
        self.public, self.requests, self.status = public, 0, 200
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path.endswith("/openid-configuration"):
                    body = {"issuer": issuer.url, "jwks_uri": issuer.url + "/keys"}
                else:
                    issuer.requests += 1
                    body = {"keys": issuer.public}
                self.send_response(issuer.status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def issuer():
    made, public = keys()
    issuer = Issuer(public)
    issuer.made = made
    yield issuer
    issuer.server.shutdown()


@pytest.mark.parametrize("way", ["jwks", "discovery", "file", "pem"])
def test_keys_come_from_a_url_an_issuer_or_a_file(start_server, issuer, tmp_path, way):
    path = tmp_path / "keys"
    if way == "pem":
        path.write_bytes(b"".join(pem(key) for key in issuer.made.values()))
    else:
        path.write_text(json.dumps({"keys": issuer.public}))
    options = {
        "jwks": ["--jwt-jwks", issuer.url + "/keys"], "discovery": ["--jwt-issuer", issuer.url],
        "file": ["--jwt-keys", path], "pem": ["--jwt-keys", path]}[way]
    server = start_server(*map(str, options))
    for name, key in issuer.made.items():
        good = token(key=key, algorithm=name, headers={"kid": name}, iss=issuer.url)
        assert me(server, good).status_code == 200, name


def test_keys_are_rotated_by_kid_and_kept_while_the_url_is_down(start_server, issuer):
    server = start_server("--jwt-jwks", issuer.url + "/keys")
    old = token(key=issuer.made["ES256"], algorithm="ES256", headers={"kid": "ES256"})
    assert me(server, old).status_code == 200
    made, public = keys()
    public[1]["kid"] = "another"
    issuer.public = public
    fresh = token(key=made["ES256"], algorithm="ES256", headers={"kid": "another"}, device="other-phone-of-petya")
    assert me(server, fresh).status_code == 200, "an unknown kid is looked for at once"
    before = issuer.requests
    for number in range(50):
        stranger = token(key=made["ES256"], algorithm="ES256", headers={"kid": f"made-up-{number}"})
        assert me(server, stranger).status_code == 401
    assert issuer.requests <= before + 1, "made-up kids fetch nothing"
    issuer.status = 500
    again = token(key=made["ES256"], algorithm="ES256", headers={"kid": "another"}, seconds=700)
    assert me(server, again).status_code == 200


def test_a_key_that_was_replaced_under_the_same_kid_is_found(start_server, issuer):
    server = start_server("--jwt-jwks", issuer.url + "/keys")
    assert me(server, token(key=issuer.made["ES256"], algorithm="ES256", headers={"kid": "ES256"})).status_code == 200
    made, issuer.public = keys()
    assert me(server, token(key=made["ES256"], algorithm="ES256", headers={"kid": "ES256"})).status_code == 200


def test_while_no_key_could_be_fetched_it_says_so(start_server, issuer):
    issuer.status = 500
    server = start_server("--jwt-jwks", issuer.url + "/keys")
    answer = me(server, token(key=issuer.made["ES256"], algorithm="ES256", headers={"kid": "ES256"}))
    assert answer.status_code == 503 and answer.json()["code"] == "keys_unavailable"
    assert int(answer.headers["Retry-After"]) >= 1


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()


def attacks(issuer):
    """Known attacks on libraries, each against a server that has the public keys of `issuer`."""
    public = {name: pem(key) for name, key in issuer.made.items()}
    claims = {"sub": "petya", "iss": "chat", "aud": "ringback", "exp": int(time.time()) + 600}
    evil = ec.generate_private_key(ec.SECP256R1())
    evil_jwk = jwk.JWK.from_pem(pem(evil)).export_public(as_dict=True)
    good = token(key=issuer.made["ES256"], algorithm="ES256", headers={"kid": "ES256"})
    head, body, signature = good.split(".")
    for none in ("none", "None", "NONE", "nOnE", ""):
        yield f"alg {none!r}", f"{b64({'alg': none, 'typ': 'JWT'})}.{b64(claims)}."
        yield f"alg {none!r} with a signature", f"{b64({'alg': none, 'kid': 'ES256'})}.{body}.{signature}"
    for name, text in public.items():
        for secret in (text, text.strip(), json.dumps(issuer.public).encode()):
            mac = jws.JWS(json.dumps(claims).encode())
            mac.add_signature(
                jwk.JWK(kty="oct", k=b64(secret)), None, json.dumps({"alg": "HS256", "kid": name}), None)
            yield f"{name} key as a secret", mac.serialize(compact=True)
    for extra in ({"jwk": evil_jwk}, {"jku": "http://127.0.0.1:1/keys"}, {"x5u": "http://127.0.0.1:1/"},
                  {"x5c": [b64(public["ES256"])]}, {"crit": ["exp"], "exp": 1}, {"b64": False, "crit": ["b64"]}):
        yield f"header {next(iter(extra))}", jwt.encode(claims, evil, "ES256", {"kid": "ES256", **extra})
    yield "another key", jwt.encode(claims, evil, "ES256", {"kid": "ES256"})
    yield "another key without a kid", jwt.encode(claims, evil, "ES256")
    yield "a kid that is a path", jwt.encode(claims, "\0", "HS256", {"kid": "/dev/null"})
    yield "a kid that is SQL", jwt.encode(claims, "x" * 32, "HS256", {"kid": "' UNION SELECT 'x"})
    yield "a kid of another kind", jwt.encode(claims, issuer.made["ES256"], "ES256", {"kid": "RS256"})
    yield "zeros for a signature", f"{head}.{body}.{b64(bytes(64))}"
    der = issuer.made["ES256"].sign(f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    yield "a DER signature", f"{head}.{body}.{b64(der)}"
    yield "no signature", f"{head}.{body}."
    yield "another body", f"{head}.{b64(claims | {'sub': 'admin'})}.{signature}"
    yield "a padded signature", f"{head}.{body}.{signature}=="
    yield "a fourth part", f"{good}.AAAA"
    yield "JSON serialization", json.dumps({"payload": body, "protected": head, "signature": signature})
    yield "RS384", jwt.encode(claims, issuer.made["RS256"], "RS384", {"kid": "RS256"})
    yield "PS256", jwt.encode(claims, issuer.made["RS256"], "PS256", {"kid": "RS256"})
    yield "an encrypted one", f"{b64({'alg': 'dir', 'enc': 'A256GCM'})}..AAAA.AAAA.AAAA"
    yield "exp as a string", token(key=issuer.made["ES256"], algorithm="ES256", headers={"kid": "ES256"}, exp="9999999999")
    yield "8 KiB and more", token(key=issuer.made["ES256"], algorithm="ES256", headers={"kid": "ES256"}, x="x" * 8192)
    yield "nested deep", f"{head}.{b64(b'[' * 3000 + b']' * 3000)}.{signature}"


def test_known_attacks_are_refused(start_server, issuer):
    server = start_server("--jwt-jwks", issuer.url + "/keys", "--jwt-issuer", "chat", "--jwt-audience", "ringback")
    assert me(server, token(key=issuer.made["ES256"], algorithm="ES256", headers={"kid": "ES256"})).status_code == 200
    taken = []
    for name, text in attacks(issuer):
        status = me(server, text).status_code
        if status != 401:
            taken.append((name, status))
        exchanged = requests.post(server.url + "/v1/sessions", json={"platformToken": text}, timeout=10)
        if exchanged.status_code not in (401, 422):
            taken.append((name, "exchanged", exchanged.status_code))
    assert not taken
    assert server.is_healthy()


@pytest.mark.parametrize("options, words", [
    (["--jwt-secret", "short"], "at least 32 bytes"), (["--jwt-keys", "missing"], "can't be read"),
    (["--jwt-jwks", "http://chat.example/keys"], "https:"), (["--jwt-issuer", "chat"], "https:"),
    (["--jwt-audience", "ringback"], "needs"), (["--jwt-secret", SECRET, "--jwt-jwks", "https://a.example"], "Only one"),
])
def test_settings_that_can_not_work_are_refused_at_the_start(tmp_path, options, words):
    refusal = subprocess.run(
        [binary(), "serve", "--port", "0", "--database", tmp_path / "x.sqlite", *options], capture_output=True,
        text=True, cwd=tmp_path, env=environment(), timeout=20)
    assert refusal.returncode != 0 and words in refusal.stderr, refusal.stderr


@pytest.mark.parametrize("command", [
    ["node", "mint_token.mjs"], ["python", "mint_token.py"], ["php", "mint_token.php"],
    ["go", "run", "mint_token.go"]],
    ids=["node", "python", "php", "go"])
def test_the_examples_make_tokens_that_are_accepted(server, command, monkeypatch):
    if command[0] == "python":
        command = [sys.executable, *command[1:]]
    monkeypatch.setenv("RINGBACK_JWT_SECRET", SECRET)
    made = subprocess.run(
        [*command, "petya", "phone-of-petya"], cwd=ROOT / "Examples" / "Tokens", capture_output=True, text=True, check=True,
        timeout=60)
    answer = me(server, made.stdout.strip())
    assert answer.status_code == 200 and answer.json()["userId"] == "petya"


def test_secrets_are_read_from_files(start_server, tmp_path):
    files = {name: tmp_path / name for name in ["jwt-secret", "admin-token", "turn-secret", "webhook-secrets"]}
    files["jwt-secret"].write_text(SECRET + "\n")
    files["admin-token"].write_text("an-administrators-token\r\nmore\n")
    files["turn-secret"].write_text("north")
    files["webhook-secrets"].write_text("whsec_" + "A" * 32 + ", whsec_" + "B" * 32 + "\n")
    options = [word for name, path in files.items() for word in (f"--{name}-file", str(path))]
    server = start_server(
        *options, "--turn-urls", "turn:turn.example.org", "--webhook-url", "http://127.0.0.1:1/",
        "--webhook-addresses", "any")
    now = int(time.time())
    token = jwt.encode({"sub": "petya", "exp": now + 600, "iat": now}, SECRET, "HS256")
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(server.url + "/v1/users/me", headers=headers, timeout=10).json()["userId"] == "petya"
    assert requests.get(server.url + "/v1/ice-servers", headers=headers, timeout=10).json()["iceServers"][0]["credential"]
    administrator = {"Authorization": "Bearer an-administrators-token"}
    assert requests.get(server.url + "/v1/webhooks", headers=administrator, timeout=10).status_code == 200
    command_line = open(f"/proc/{server.pid}/cmdline").read()
    assert not any(path.read_text().splitlines()[0] in command_line for path in files.values())


@pytest.mark.parametrize("options, words", [
    (["--jwt-secret-file", "missing"], "jwt-secret-file is empty or can't be read"),
    (["--admin-token-file", "blank"], "admin-token-file"),
    (["--jwt-secret", SECRET, "--jwt-secret-file", "secret"], "Only one of jwt-secret and jwt-secret-file")])
def test_files_without_a_secret_are_refused_at_the_start(tmp_path, options, words):
    (tmp_path / "blank").write_text("\n")
    (tmp_path / "secret").write_text(SECRET)
    refusal = subprocess.run(
        [binary(), "serve", "--port", "0", "--database", tmp_path / "x.sqlite", *options], capture_output=True,
        text=True, cwd=tmp_path, env=environment(), timeout=20)
    assert refusal.returncode != 0 and words in refusal.stderr, refusal.stderr
