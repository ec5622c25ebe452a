"""After a restart 5,000 clients reconnect, each 20 events behind: a third each over WebSocket, SSE and polls."""

import reconnecting
from reconnecting import DISK, LEAST, OPTIONS, SECONDS, attack, fill, judge  # noqa: F401


def prepare(server):
    reconnecting.TRANSPORT = "mixed"
    return reconnecting.prepare(server)
