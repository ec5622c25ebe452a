"""After a restart 5,000 clients come without a cursor, over WebSocket, SSE and polls, and get snapshots."""

import reconnecting
from reconnecting import DISK, OPTIONS, SECONDS, fill, judge  # noqa: F401

LEAST = reconnecting.CLIENTS


def prepare(server):
    reconnecting.TRANSPORT = "mixed"
    return reconnecting.prepare(server)


def attack(server, figures):
    return reconnecting.attack(server, figures, behind=0)
