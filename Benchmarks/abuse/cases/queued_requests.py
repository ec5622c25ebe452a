"""Sockets whose every request is as long as it may be, sent faster than they are answered."""

import threading

import client

SOCKETS = 60
# It is well-formed, and refused as late as can be.
MESSAGE = client.frame(b'{"id":1,"op":"invite","data":{"callee":"nobody","custom":"' + b"x" * 250_000 + b'"}}')


def prepare(server):
    http = client.sign_in(server.port, "queueing")
    http.close()
    return http.token


def attack(server, token):
    sent = [0]

    def flood():
        while True:
            try:
                connection = client.open_socket(server.port, token, client.ATTACKER)
                while True:
                    connection.sendall(MESSAGE)
                    sent[0] += 1
            except (OSError, RuntimeError, client.Closed):
                threading.Event().wait(0.05)

    threads = [threading.Thread(target=flood, daemon=True) for _ in range(SOCKETS)]
    for thread in threads:
        thread.start()
    while True:
        threads[0].join(0.5)
        yield f"{SOCKETS} sockets, {sent[0]} messages of {len(MESSAGE) >> 10} KiB"
