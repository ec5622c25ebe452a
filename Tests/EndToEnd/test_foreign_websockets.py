"""A complete call between independent WebSocket clients."""

import asyncio
import json

import aiohttp
import pytest
import websockets

from harness.api import SDP, candidate, host_candidate, register
from harness.raw import TEXT, AfterUpgrade, Connection, frame, request_head, upgrade_head
from harness.waiting import Together

ADDRESS = "/v1/socket"


class Peer:
    """Requests and events over any client that can send and receive a text."""

    def __init__(self, send, receive):
        self._send, self._receive = send, receive
        self._answers, self._events = {}, []
        self._last = 0

    async def _read(self):
        message = json.loads(await asyncio.wait_for(self._receive(), 10))
        if "event" in message:
            self._events.append(message["event"])
        else:
            self._answers[message["id"]] = message

    async def request(self, op, expect, **data):
        self._last += 1
        await self._send(json.dumps({"id": self._last, "op": op, "data": data}))
        while self._last not in self._answers:
            await self._read()
        answer = self._answers.pop(self._last)
        assert answer["status"] == expect, answer
        return answer.get("data")

    async def event(self, kind):
        while True:
            for event in self._events:
                if event["type"] == kind:
                    self._events.remove(event)
                    return event
            await self._read()


async def a_whole_call(vasya, petya):
    welcome = await vasya.event("welcome")
    assert welcome["data"]["device"]["userId"] == "vasya" and welcome["data"]["calls"] == []
    await petya.event("welcome")

    call = await vasya.request("invite", 201, callee="petya", media={"audio": True, "video": True})
    call_id = call["callId"]
    assert (await petya.event("call.incoming"))["callId"] == call_id
    await petya.request("alerting", 200, callId=call_id)
    await vasya.event("call.ringing")
    await petya.request("accept", 200, callId=call_id)
    await vasya.event("call.accepted")

    await vasya.request("sendOffer", 201, callId=call_id, description={"type": "offer", "sdp": SDP})
    offer = await petya.event("call.offer")
    assert offer["data"]["description"] == {"type": "offer", "sdp": SDP}
    assert offer["actor"]["userId"] == "vasya"
    negotiation = offer["data"]["negotiation"]
    await petya.request(
        "sendAnswer", 201, callId=call_id, negotiation=negotiation, description={"type": "answer", "sdp": SDP})
    assert (await vasya.event("call.answer"))["data"]["negotiation"] == negotiation

    for sender, receiver, number in ((vasya, petya, 1), (petya, vasya, 2)):
        sent = [candidate(host_candidate(number)), candidate("")]
        await sender.request("addCandidates", 202, callId=call_id, candidates=sent)
        assert (await receiver.event("call.candidates"))["data"]["candidates"] == sent

    await vasya.request("connected", 200, callId=call_id)
    await petya.request("connected", 200, callId=call_id)
    await petya.request("hangUp", 200, callId=call_id, reason="completed")
    ended = (await vasya.event("call.ended"))["data"]["call"]
    assert (ended["state"], ended["reason"], ended["endedBy"]["userId"]) == ("ended", "completed", "petya")


async def call_between_websockets_and_aiohttp(server, vasya, petya):
    async with (
        websockets.connect(f"ws://127.0.0.1:{server.port}{ADDRESS}", subprotocols=["ringback.v1"]) as one,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {petya.token}"}) as http,
        http.ws_connect(server.url + ADDRESS, protocols=["ringback.v1"]) as other,
    ):
        assert one.subprotocol == other.protocol == "ringback.v1"
        await one.send(json.dumps({"op": "hello", "data": {"token": vasya.token}}))
        await a_whole_call(Peer(one.send, one.recv), Peer(other.send_str, other.receive_str))


def test_websockets_and_aiohttp_call_each_other(server):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    # In a separate thread, because the browser driver has an event loop in this one.
    Together(lambda: asyncio.run(call_between_websockets_and_aiohttp(server, vasya, petya))).result(60)


def test_a_ticket_opens_one_socket(server):
    vasya = register(server, "vasya")
    ticket = vasya.post("/v1/tickets", expect=201)["ticket"]

    def upgraded():
        connection = Connection(server)
        head = upgrade_head().replace(b"/v1/socket ", f"/v1/socket?ticket={ticket} ".encode())
        return connection, connection.send(head).head()[0]

    first, status = upgraded()
    assert status == 101
    second, status = upgraded()
    if status == 101:
        assert AfterUpgrade(second).close_code() == 4003
    else:
        assert status == 401
    assert b'"welcome"' in AfterUpgrade(first).next_frame()[1]
    first.socket.close()
    second.socket.close()


@pytest.mark.parametrize("before", [1, 3])
def test_a_connection_that_served_requests_can_still_upgrade(server, before):
    vasya = register(server, "vasya")
    with Connection(server) as connection:
        for _ in range(before):
            status, _, _ = connection.send(request_head("GET", "/healthz")).response()
            assert status == 200
        status, fields = connection.send(upgrade_head(f"Authorization: Bearer {vasya.token}")).head()
        assert status == 101 and fields["sec-websocket-protocol"] == "ringback.v1"
        socket = AfterUpgrade(connection)
        assert b'"welcome"' in socket.next_frame()[1]
        socket.send(frame(TEXT, b'{"id":1,"op":"getMe"}'))
        assert b'"vasya"' in socket.next_frame()[1]
