"""One user's device sends messages of a call as fast as the server reads them: short ones over four sockets, the longest over 56."""

import json
import threading
import time

import client

SHORT, LONG = 4, 56
AT_ONCE = 50


def prepare(server):
    caller, callee = (client.sign_in(server.port, f"busy-{name}") for name in ("caller", "callee"))
    call = caller.must("POST", "/v1/calls", {"callee": "busy-callee"})["callId"]
    callee.must("POST", f"/v1/calls/{call}/accept", {})
    caller.close(), callee.close()
    return caller.token, call


def attack(server, prepared):
    token, call = prepared

    def message(op, **data):
        return client.frame(json.dumps({"id": 1, "op": op, "data": data}).encode())

    short = message("addCandidates", callId=call, candidates=[{"candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host"}])
    # It is well-formed, and refused as late as can be.
    long = message("invite", callee="nobody", custom="x" * 250_000)

    def flood(data, name):
        connection = None

        def attempt():
            nonlocal connection
            try:
                if not connection:
                    connection = client.open_socket(server.port, token, client.ATTACKER)
                    threading.Thread(target=drain, args=(connection,), daemon=True).start()
                connection.sendall(data)
                return name
            except (OSError, RuntimeError, client.Closed):
                connection = None
                time.sleep(0.05)
                return "closed"
        return attempt

    return client.repeat(
        [flood(short * AT_ONCE, f"{AT_ONCE} short messages") for _ in range(SHORT)]
        + [flood(long, f"message of {len(long) >> 10} KiB") for _ in range(LONG)])


def drain(connection):
    try:
        while connection.recv(1 << 16):
            pass
    except OSError:
        pass
