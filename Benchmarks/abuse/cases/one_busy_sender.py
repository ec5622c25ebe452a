"""One user's device sends messages of a call as fast as the server reads them, over several sockets."""

import threading

import client

SOCKETS = 4
MESSAGE = client.frame(b'{"id":1,"op":"addCandidates","data":{"callId":"nosuchcall","candidates":[{"candidate":""}]}}')
BATCH = MESSAGE * 50


def prepare(server):
    http = client.sign_in(server.port, "busy")
    http.close()
    return http.token


def attack(server, token):
    sent = [0]

    def flood():
        while True:
            try:
                connection = client.open_socket(server.port, token, client.ATTACKER)
                threading.Thread(target=drain, args=(connection,), daemon=True).start()
                while True:
                    connection.sendall(BATCH)
                    sent[0] += 50
            except (OSError, RuntimeError, client.Closed):
                threading.Event().wait(0.05)

    def drain(connection):
        try:
            while connection.recv(1 << 16):
                pass
        except OSError:
            pass

    threads = [threading.Thread(target=flood, daemon=True) for _ in range(SOCKETS)]
    for thread in threads:
        thread.start()
    while True:
        threads[0].join(0.5)
        yield f"{sent[0]} messages"
