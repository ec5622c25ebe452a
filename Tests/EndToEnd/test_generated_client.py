"""Clients generated from the OpenAPI document with openapi-python-client."""

import importlib
import json
import re
import subprocess
import sys

import pytest
import requests

from harness.api import PASSWORD, SDP, host_candidate
from harness.contract import Contract

# The generator does not format its output, and reads YAML as text.
CONFIGURATION = "post_hooks: []\ncontent_type_overrides: {application/yaml: text/plain}\n"


@pytest.fixture
def contract(server):
    return Contract(requests.get(server.url + "/openapi.yaml", timeout=10).content)


@pytest.fixture
def generated(server, tmp_path, monkeypatch):
    """Generates a package from the server's document, which must not cause warnings; returns a function that imports a
    module of it."""
    configuration = tmp_path / "generator.yaml"
    configuration.write_text(CONFIGURATION)
    run = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--url", server.url + "/openapi.yaml",
         "--output-path", tmp_path / "generated_ringback", "--meta", "none", "--config", configuration,
         "--fail-on-warning"],
        capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda name="": importlib.import_module(f"generated_ringback.{name}".rstrip("."))
    for name in [name for name in sys.modules if name.split(".")[0] == "generated_ringback"]:
        del sys.modules[name]


def snake_case(name):
    """The module name that the generator gives an operation: get_sdk_file for getSDKFile."""
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()


class AutomaticUser:
    """One device, which uses only generated code."""

    def __init__(self, generated, contract, server, user_id):
        self._generated, self._tags = generated, contract.tags()
        self.models = generated("models")
        self._client = generated("client").Client(base_url=server.url, raise_on_unexpected_status=True)
        registration = self.models.Registration(user_id=user_id, password=PASSWORD)
        self.ask("registerUser", body=registration, expect=201)
        sign_in = self.models.SignIn(user_id=user_id, password=PASSWORD)
        session = self.ask("createSession", body=sign_in, expect=201)
        self._client = generated("client").AuthenticatedClient(base_url=server.url, token=session.token)
        self.cursor = self.ask("pollEvents").cursor

    def ask(self, operation, *path, expect=200, **arguments):
        """Calls an operation, checks the status, and returns the parsed body."""
        module = self._generated(f"api.{snake_case(self._tags[operation])}.{snake_case(operation)}")
        answer = module.sync_detailed(*path, client=self._client, **arguments)
        assert answer.status_code == expect, f"{operation}: {answer.status_code} {answer.content[:500]}"
        return answer.parsed

    def events(self):
        """The new events, as instances of their generated classes."""
        page = self.ask("pollEvents", cursor=self.cursor, wait_seconds=0)
        self.cursor = page.cursor
        return {type(event).__name__: event for event in page.events}


def test_a_generated_client_has_every_operation(contract, generated):
    assert contract.operation_ids()
    for operation, tag in contract.tags().items():
        module = generated(f"api.{snake_case(tag)}.{snake_case(operation)}")
        assert module.sync_detailed and module.asyncio_detailed, operation


def test_a_generated_client_has_every_schema(contract, generated):
    models = generated("models")
    objects = {name for name, schema in contract.schemas().items() if "properties" in schema}
    assert not {name for name in objects if not hasattr(models, name)}


def test_a_generated_client_distinguishes_all_events(contract, generated):
    """Each event is parsed as the class that the document names, without loss."""
    schemas = contract.schemas()
    names = [ref["$ref"].split("/")[-1] for ref in schemas["Event"]["oneOf"]]
    for name in names:
        for example in schemas[name]["examples"]:
            page = {"cursor": "a.1", "events": [example]}
            decoded = generated("models").EventsPage.from_dict(page)
            assert [type(event).__name__ for event in decoded.events] == [name]
            assert json.loads(json.dumps(decoded.to_dict()).replace("000+00:00", "Z")) == page


def test_generated_clients_make_a_complete_call(contract, generated, server):
    vasya, petya = (AutomaticUser(generated, contract, server, name) for name in ("vasya", "petya"))
    models = vasya.models
    invitation = models.Invitation(callee="petya", media=models.MediaRequest(audio=True, video=False))
    call = vasya.ask("invite", body=invitation, idempotency_key="call-petya", expect=201)
    assert petya.events()["CallIncomingEvent"].data.call.caller.user_id == "vasya"
    petya.ask("alerting", call.call_id)
    assert vasya.events()["CallRingingEvent"].data.call.state == models.CallState.RINGING
    petya.ask("accept", call.call_id)
    assert "CallAcceptedEvent" in vasya.events()

    offer = models.OfferDescription(type_=models.OfferDescriptionType.OFFER, sdp=SDP)
    vasya.ask("sendOffer", call.call_id, body=models.OfferRequest(description=offer), expect=201)
    candidate = models.RTCIceCandidateInit(candidate=host_candidate(1), sdp_mid="0", sdp_m_line_index=0)
    trickle = models.CandidatesRequest(candidates=[candidate], negotiation=1)
    vasya.ask("addCandidates", call.call_id, body=trickle, expect=202)
    heard = petya.events()
    assert heard["CallOfferEvent"].data.description.sdp == SDP
    assert heard["CallCandidatesEvent"].data.candidates[0].candidate == host_candidate(1)
    assert petya.ask("getOffer", call.call_id).description.sdp == SDP
    assert petya.ask("listCandidates", call.call_id).items[0].candidate.candidate == host_candidate(1)

    answer = models.AnswerDescription(type_=models.AnswerDescriptionType.ANSWER, sdp=SDP)
    petya.ask("sendAnswer", call.call_id, body=models.AnswerRequest(description=answer, negotiation=1), expect=201)
    assert vasya.events()["CallAnswerEvent"].data.negotiation == 1
    assert vasya.ask("getAnswer", call.call_id).from_.user_id == "petya"

    for device in (vasya, petya):
        device.ask("connected", call.call_id)
    assert vasya.ask("getCall", call.call_id).state == models.CallState.ACTIVE
    muted = models.MediaTrack(kind=models.MediaTrackKind.AUDIO, muted=True)
    petya.ask("setMedia", call.call_id, body=models.MediaUpdate(mic=muted, held=False))
    assert vasya.events()["CallMediaEvent"].data.media.mic.muted is True

    goodbye = models.HangUpRequest(reason=models.HangUpReason.COMPLETED)
    petya.ask("hangUp", call.call_id, body=goodbye)
    assert vasya.events()["CallEndedEvent"].data.call.reason == models.EndReason.COMPLETED
    assert vasya.ask("listCalls").items[0].direction == models.HistoryCallDirection.OUTGOING
    refused = vasya.ask("sendOffer", call.call_id, body=models.OfferRequest(description=offer), expect=409)
    assert (refused.code, refused.call_state) == (models.ProblemCode.INVALID_TRANSITION, models.CallState.ENDED)
