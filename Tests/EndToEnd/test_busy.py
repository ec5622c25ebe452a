"""A callee who is in a call already: call waiting or busy."""

from harness.api import register


def test_a_busy_callee_with_call_waiting_rings(server, pair):
    anna = register(server, "anna")
    assert pair.callee.get("/v1/users/me")["busy"] == "wait"
    call = anna.invite(pair.callee.user_id)
    assert call["state"] == "inviting"
    assert pair.callee.next_event("call.incoming")["callId"] == call["callId"]
    assert anna.get(f"/v1/users/{pair.callee.user_id}/presence")["status"] == "busy"


def test_a_busy_callee_without_call_waiting_is_busy(server, pair):
    anna = register(server, "anna")
    pair.callee.request("PATCH", "/v1/users/me", {"busy": "reject"}).raise_for_status()
    call = anna.invite(pair.callee.user_id)
    assert (call["state"], call["reason"], call["sipStatus"]) == ("ended", "busy", 486)
    assert "call.incoming" not in [event["type"] for event in pair.callee.events()]
    pair.pass_a_candidate()


def test_a_blocked_caller_is_not_informed(server):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    petya.snapshot()
    assert petya.request("PUT", "/v1/users/me/blocks/vasya").status_code == 204
    call = vasya.invite("petya")
    assert call["state"] == "inviting"
    assert petya.events(wait_seconds=1) == []
    assert petya.get("/v1/calls")["items"] == []
    vasya.step(call["callId"], "cancel")
