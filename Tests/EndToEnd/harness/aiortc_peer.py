"""An independent WebRTC peer: aiortc, in Python, as a device of the API."""

import asyncio
import threading

import aioice.ice
import numpy
from aiortc import RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.sdp import candidate_from_sdp
from av import VideoFrame

from harness.colours import name_of
from harness.waiting import eventually

# aioice excludes loopback, but the tests have no other network.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

BLUE = (30, 60, 250)


class OneColour(VideoStreamTrack):
    async def recv(self):
        frame = VideoFrame.from_ndarray(numpy.full((240, 320, 3), BLUE, dtype=numpy.uint8), format="rgb24")
        frame.pts, frame.time_base = await self.next_timestamp()
        return frame


class AiortcPeer:
    """Signals through a `Device`. Its media runs on a separate event loop."""

    def __init__(self, device):
        self.device = device
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.frames, self.colour = 0, None
        self.pc = self._run(self._make())
        device.snapshot()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    async def _make(self):
        pc = RTCPeerConnection()
        pc.on("track", lambda track: asyncio.ensure_future(self._watch(track)) if track.kind == "video" else None)
        return pc

    async def _watch(self, track):
        while True:
            frame = await track.recv()
            self.frames += 1
            self.colour = name_of(*frame.to_ndarray(format="rgb24").reshape(-1, 3).mean(axis=0))

    # The two roles.

    def answer_a_call(self):
        call_id = self.device.next_event("call.incoming")["callId"]
        self.device.step(call_id, "alerting")
        self.device.step(call_id, "accept")
        offer = self.device.next_event("call.offer")["data"]
        answer = self._run(self._answer(offer["description"]))
        body = {"negotiation": offer["negotiation"], "description": answer}
        self.device.step(call_id, "answer", body, expect=201)
        return self._connected(call_id)

    def call(self, callee):
        call_id = self.device.invite(callee)["callId"]
        self.device.next_event("call.accepted")
        self.device.step(call_id, "offer", {"description": self._run(self._offer())}, expect=201)
        answer = self.device.next_event("call.answer")["data"]["description"]
        self._run(self.pc.setRemoteDescription(RTCSessionDescription(**answer)))
        return self._connected(call_id)

    def close(self):
        self._run(self.pc.close())

    async def _answer(self, offer):
        await self.pc.setRemoteDescription(RTCSessionDescription(**offer))
        self.pc.addTrack(OneColour())
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        return {"type": "answer", "sdp": self.pc.localDescription.sdp}

    async def _offer(self):
        self.pc.addTrack(OneColour())
        self.pc.addTransceiver("audio")
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return {"type": "offer", "sdp": self.pc.localDescription.sdp}

    async def _add(self, init):
        if not init["candidate"]:
            return await self.pc.addIceCandidate(None)
        candidate = candidate_from_sdp(init["candidate"].removeprefix("candidate:"))
        candidate.sdpMid, candidate.sdpMLineIndex = init.get("sdpMid"), init.get("sdpMLineIndex")
        await self.pc.addIceCandidate(candidate)

    def _connected(self, call_id):
        """Adds candidates until the connection is established."""
        def step():
            for event in [*self.device.take_unread(), *self.device.events(wait_seconds=1)]:
                for init in event["data"].get("candidates", []):
                    self._run(self._add(init))
            return self.pc.connectionState == "connected"

        eventually(step, 30, "aiortc is connected")
        self.device.step(call_id, "connected")
        return call_id
