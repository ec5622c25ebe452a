"""Presence, as watching devices receive it."""

from harness.api import register
from harness.raw import Connection, request_head
from harness.waiting import eventually


def stream(server, device):
    """Opens the event stream of the device, which makes it online."""
    connection = Connection(server)
    connection.send(request_head("GET", "/v1/events/stream", f"Authorization: Bearer {device.token}"))
    status, _ = connection.head()
    assert status == 200
    return connection


class Watcher:
    """The state of Petya as known to a watching device, from the list and the events."""

    def __init__(self, server):
        self.device = register(server, "vasya")
        self.device.snapshot()
        self.believes = None

    def watch(self):
        items = self.device.put("/v1/users/me/watching", {"userIds": ["petya"]})["items"]
        self.believes = items[0]["status"]

    def listen(self):
        for event in self.device.events(wait_seconds=1):
            if event["type"] == "presence":
                self.believes = event["data"]["status"]
        return self.believes


def test_a_watcher_sees_presence_change(server):
    petya, watcher = register(server, "petya"), Watcher(server)
    watcher.watch()
    assert watcher.believes == "offline"
    with stream(server, petya):
        eventually(lambda: watcher.listen() == "online", 10, "Petya has come")
    eventually(lambda: watcher.listen() == "offline", 10, "Petya has gone")


def test_watching_a_user_whose_page_reloads_does_not_stay_at_offline(server):
    """The list used to say offline between two streams, and no event corrected it, because no event had announced it."""
    petya, watcher = register(server, "petya"), Watcher(server)
    stream(server, petya).socket.close()
    for _ in range(20):
        watcher.watch()
    with stream(server, petya):
        eventually(lambda: watcher.listen() == "online", 10, "the watcher knows that Petya is there")
