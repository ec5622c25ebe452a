"""Three servers on one PostgreSQL, behind a balancer that gives each request to the next of them."""

import asyncio
import secrets
import time

import pytest
import websockets

from harness.api import Device, TalkingPair, host_candidate, register
from harness.balancer import Balancer
from harness.postgresql import PostgreSQL
from harness.server import Server
from harness.waiting import Together, eventually

ADMIN = "the-administrators-token"


@pytest.fixture(scope="module")
def database():
    database = PostgreSQL()
    yield database
    database.remove()


class Cluster:
    def __init__(self, folder, url):
        self.nodes = [
            Server(folder / f"node-{n}", "--node-name", f"node-{n}", "--admin-token", ADMIN, database=url)
            for n in (1, 2, 3)
        ]
        for node in self.nodes:
            node.start()
        self.balancer = Balancer(node.port for node in self.nodes)
        self.url = self.balancer.url

    def stop(self):
        self.balancer.close()
        for node in self.nodes:
            node.stop()


@pytest.fixture
def cluster(database, tmp_path):
    schema = f"t_{secrets.token_hex(6)}"
    cluster = Cluster(tmp_path, database.schema(schema))
    eventually(lambda: [["3"]] == database.ask(f"SELECT count(*) FROM {schema}.nodes"), 10, "three nodes")
    yield cluster
    cluster.stop()


def at(node, device):
    """The same device, whose requests now go to this node."""
    other = Device.__new__(Device)
    other.__dict__.update(device.__dict__)
    other.server = node
    return other


def test_a_call_goes_on_when_its_node_is_killed(cluster):
    pair = TalkingPair(cluster, "vasya", "petya")
    caller, callee = at(cluster.nodes[0], pair.caller), at(cluster.nodes[1], pair.callee)
    caller.candidates(pair.call_id, host_candidate(1))
    assert callee.next_event("call.candidates")
    cluster.nodes[0].kill9()
    caller = at(cluster.nodes[2], pair.caller)
    caller.candidates(pair.call_id, host_candidate(2))
    assert callee.next_event("call.candidates")
    # Both devices go on polling, somewhere: nobody is lost, although the first node's devices were taken over.
    deadline = time.monotonic() + 50
    kinds = []
    caller.snapshot()
    while time.monotonic() < deadline:
        for device in (caller, callee):
            kinds += [event["type"] for event in device.events(wait_seconds=2)]
    assert kinds == []
    cluster.nodes[0].restart()
    back = at(cluster.nodes[0], pair.callee)
    back.cursor = callee.cursor
    caller.hang_up(pair.call_id)
    assert back.next_event("call.ended")


def test_a_device_that_is_signed_out_at_one_node_is_cut_at_the_others(cluster):
    vasya = register(cluster.nodes[0], "vasya")

    async def run():
        address = f"ws://127.0.0.1:{cluster.nodes[1].port}/v1/socket"
        async with websockets.connect(
            address, additional_headers={"Authorization": f"Bearer {vasya.token}"}, subprotocols=["ringback.v1"],
        ) as socket:
            await asyncio.wait_for(socket.recv(), 10)
            assert at(cluster.nodes[2], vasya).get("/v1/users/me")
            started = time.monotonic()
            await asyncio.to_thread(vasya._expect, 204, "DELETE", f"/v1/sessions/{vasya.device_id}")
            await asyncio.wait_for(socket.wait_closed(), 5)
            assert socket.close_code == 4501
            third = at(cluster.nodes[2], vasya)
            eventually(lambda: third.request("GET", "/v1/users/me").status_code == 401, 5, "the third node knows")
            return time.monotonic() - started

    Together(lambda: asyncio.run(run())).result(60)


def test_presence_is_of_all_nodes(cluster):
    vasya, petya = register(cluster.nodes[0], "vasya"), register(cluster.nodes[1], "petya")
    vasya.put("/v1/users/me/watching", {"userIds": ["petya"]})
    vasya.snapshot()
    petya.snapshot()
    poll = Together(at(cluster.nodes[2], petya).events, 3)
    event = vasya.next_event("presence")
    assert event["data"]["status"] == "online"
    poll.result(10)
    seen = at(cluster.nodes[1], vasya).get("/v1/users/petya/presence")
    assert seen["status"] == "online"


def test_of_two_nodes_that_accept_at_once_one_wins(cluster):
    vasya = register(cluster.nodes[0], "vasya")
    phones = [register(cluster.nodes[1], "petya")]
    phones.append(Device(cluster.nodes[2], "petya"))
    for _ in range(30):
        call_id = vasya.invite("petya")["callId"]
        answers = [
            Together(at(node, phone).request, "POST", f"/v1/calls/{call_id}/accept")
            for node, phone in zip(cluster.nodes[1:], phones)
        ]
        statuses = sorted(answer.result(20).status_code for answer in answers)
        assert statuses == [200, 409]
        call = vasya.get(f"/v1/calls/{call_id}")
        assert call == at(cluster.nodes[2], phones[0]).get(f"/v1/calls/{call_id}")
        vasya.hang_up(call_id)


def test_invitations_that_cross_at_two_nodes_become_one_call(cluster):
    vasya, petya = register(cluster.nodes[0], "vasya"), register(cluster.nodes[1], "petya")
    for _ in range(30):
        answers = [Together(request_invite, *pair) for pair in ((vasya, "petya"), (petya, "vasya"))]
        ids = {answer.result(20)["callId"] for answer in answers}
        assert len(ids) == 1
        vasya.hang_up(ids.pop())


def request_invite(device, callee):
    return device.request("POST", "/v1/calls", {"callee": callee, "media": {"audio": True, "video": False}}).json()
