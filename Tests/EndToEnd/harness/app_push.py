"""APNs and FCM of the test's own: HTTP/2 over TLS (`h2`), which check what the vendors' documents ask for, and verify tokens with PyJWT."""

import datetime
import json
import re
import ssl
import time
import traceback
from urllib.parse import parse_qs

import h2.config
import h2.connection
import h2.events
import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from harness.listener import Listener
from harness.waiting import eventually


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class Certificate:
    """A certificate for localhost, which signs itself."""

    def __init__(self, folder):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256()))
        self.path, key_path = folder / "certificate.pem", folder / "certificate.key"
        self.path.write_bytes(certificate.public_bytes(Encoding.PEM))
        key_path.write_text(pem(key))
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(self.path, key_path)
        self.context.set_alpn_protocols(["h2"])


class HTTP2Server:
    """Answers each request with `respond(method, path, headers, body)`: a status, headers and a JSON object or None."""

    def __init__(self, certificate):
        self.context = certificate.context
        self.connections, self.mistakes = 0, []
        # The numbers of the connections, from 1, on which nothing is answered any more.
        self.stalled = set()
        self.listener = Listener(self._serve)
        self.host = f"localhost:{self.listener.port}"

    def _serve(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as connection:
                assert connection.selected_alpn_protocol() == "h2"
                self.connections += 1
                self._speak(connection, self.connections)
        except OSError:
            pass
        except Exception:
            self.mistakes.append(traceback.format_exc())

    def _speak(self, connection, number):
        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        state.initiate_connection()
        connection.sendall(state.data_to_send())
        requests = {}
        while data := connection.recv(65_536):
            if number in self.stalled:
                continue
            for event in state.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    requests[event.stream_id] = (dict(event.headers), bytearray())
                elif isinstance(event, h2.events.DataReceived):
                    requests[event.stream_id][1].extend(event.data)
                    state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    headers, body = requests.pop(event.stream_id)
                    self._answer(state, event.stream_id, headers, bytes(body))
            connection.sendall(state.data_to_send())

    def _answer(self, state, stream, headers, body):
        try:
            status, more, content = self.respond(headers[":method"], headers[":path"], headers, body)
        except Exception:
            self.mistakes.append(traceback.format_exc())
            status, more, content = 500, {}, None
        text = b"" if content is None else json.dumps(content).encode()
        state.send_headers(stream, [(":status", str(status)), *more.items()], end_stream=not text)
        if text:
            state.send_data(stream, text, end_stream=True)

    def close(self):
        self.listener.close()
        assert not self.mistakes, self.mistakes


class Received:
    """What a service was sent, by type of push."""

    def __init__(self):
        self.all = []

    def next(self, kind, count=1, seconds=10):
        def found():
            fitting = [entry for entry in self.all if entry[0]["type"] == kind]
            return fitting[count - 1] if len(fitting) >= count else None

        return eventually(found, seconds, f"{count} pushes {kind}, not {[entry[0]['type'] for entry in self.all]}")


class APNs(HTTP2Server):
    TEAM, KEY, TOPIC = "TEAM123456", "KEY1234567", "org.example.calls"
    DEVICE = "ab" * 32

    def __init__(self, certificate, folder):
        super().__init__(certificate)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / "AuthKey.p8"
        self.file.write_text(pem(self.key))
        # What is answered next, each as (status, headers, body); afterwards 200.
        self.answers, self.tokens, self.received, self.times = [], [], Received(), []
        self.certificate = certificate

    def options(self):
        return (
            "--apns-key", self.file, "--apns-key-id", self.KEY, "--apns-team-id", self.TEAM, "--apns-topic", self.TOPIC,
            "--apns-host", self.host, "--push-certificate-authorities", self.certificate.path)

    def respond(self, method, path, headers, body):
        at = time.monotonic()
        assert method == "POST" and headers[":scheme"] == "https"
        device = re.fullmatch("/3/device/([0-9a-f]+)", path)[1]
        kind, token = headers["authorization"].split(" ")
        assert kind == "bearer" and jwt.get_unverified_header(token) == {"typ": "JWT", "alg": "ES256", "kid": self.KEY}
        claims = jwt.decode(token, self.key.public_key(), algorithms=["ES256"])
        assert set(claims) == {"iss", "iat"} and claims["iss"] == self.TEAM
        assert 0 <= time.time() - claims["iat"] < 3600
        assert headers["apns-topic"] == f"{self.TOPIC}.voip" and headers["apns-push-type"] == "voip"
        assert headers["apns-priority"] == "10" and len(headers["apns-collapse-id"]) <= 64
        assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers["apns-id"])
        assert 0 <= int(headers["apns-expiration"]) - time.time() <= 180
        message = json.loads(body)
        assert len(body) <= 5120 and message.pop("aps") == {}
        self.tokens.append(token)
        self.received.all.append((message, {**headers, "device": device}, at))
        return self.answers.pop(0) if self.answers else (200, {"apns-id": headers["apns-id"]}, None)


class FCM(HTTP2Server):
    PROJECT, ACCOUNT = "example-calls", "push@example-calls.iam.gserviceaccount.com"
    DEVICE = "dQw4w9WgXcQ:APA91bH-_" + "x" * 120

    def __init__(self, certificate, folder):
        super().__init__(certificate)
        self.key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        self.file = folder / "service-account.json"
        self.token_url = f"https://{self.host}/token"
        self.file.write_text(json.dumps({
            "type": "service_account", "project_id": self.PROJECT, "private_key_id": "0123abcd", "private_key": pem(self.key),
            "client_email": self.ACCOUNT, "client_id": "1", "token_uri": self.token_url}))
        # What is answered next, each as (status, headers, body); afterwards 200.
        self.answers, self.token_answers, self.issued, self.received = [], [], [], Received()
        self.lifetime = 3600
        self.certificate = certificate

    def options(self):
        return (
            "--fcm-key", self.file, "--fcm-host", self.host, "--push-certificate-authorities", self.certificate.path)

    def respond(self, method, path, headers, body):
        assert method == "POST"
        return self._token(headers, body) if path == "/token" else self._message(path, headers, body)

    def _token(self, headers, body):
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        form = {name: value for name, [value] in parse_qs(body.decode(), strict_parsing=True).items()}
        assert set(form) == {"grant_type", "assertion"}
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        assert jwt.get_unverified_header(form["assertion"]) == {"typ": "JWT", "alg": "RS256", "kid": "0123abcd"}
        claims = jwt.decode(form["assertion"], self.key.public_key(), algorithms=["RS256"], audience=self.token_url)
        assert claims["iss"] == self.ACCOUNT and claims["exp"] - claims["iat"] <= 3600
        assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
        if self.token_answers:
            return self.token_answers.pop(0)
        self.issued.append(f"ya29.{len(self.issued)}")
        return 200, {}, {"access_token": self.issued[-1], "expires_in": self.lifetime, "token_type": "Bearer"}

    def _message(self, path, headers, body):
        at = time.monotonic()
        assert path == f"/v1/projects/{self.PROJECT}/messages:send" and headers["content-type"] == "application/json"
        assert headers["authorization"] == f"Bearer {self.issued[-1]}"
        message = json.loads(body)["message"]
        assert set(message) == {"token", "data", "android"} and len(json.dumps(message["data"])) <= 4096
        assert all(isinstance(value, str) for value in message["data"].values())
        android = message["android"]
        assert android["priority"] == "HIGH" and re.fullmatch(r"\d+s", android["ttl"])
        # At most four keys for a device, and about 20 messages with a key at once.
        is_missed = message["data"]["type"] == "call.missed"
        assert android.get("collapse_key") == ("missed" if is_missed else None)
        self.received.all.append((message["data"], {**android, "device": message["token"]}, at))
        return self.answers.pop(0) if self.answers else (200, {}, {"name": f"projects/{self.PROJECT}/messages/1"})

    @staticmethod
    def error(status, code, message="", canonical=None, field=None, headers=None, limit=None):
        """An answer as Google's APIs give it."""
        details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}]
        if field:
            details = [{
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": field, "description": message}]}]
        if limit:
            details.append({
                "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED",
                "domain": "googleapis.com", "metadata": {"quota_limit": limit}})
        return status, headers or {}, {
            "error": {"code": status, "message": message, "status": canonical or code, "details": details}}


def unauthenticated():
    return 401, {}, {"error": {"code": 401, "message": "Request had invalid authentication credentials.", "status": "UNAUTHENTICATED"}}
