"""A WebRTC peer that answers calls with aiortc. It is controlled by lines of JSON on standard input.

It sends a green picture, and writes `picture` when it has decoded a frame of the other side. `--loopback` also offers 127.0.0.1,
which aioice leaves out, for machines that have no other network.
"""

import asyncio
import json
import sys

import aioice.ice
import numpy
from aiortc import RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.sdp import candidate_from_sdp
from av import VideoFrame

if "--loopback" in sys.argv:
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


class Green(VideoStreamTrack):
    async def recv(self):
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame.from_ndarray(numpy.full((240, 320, 3), (0, 200, 0), numpy.uint8), format="bgr24")
        frame.pts, frame.time_base = pts, time_base
        return frame


def say(kind, call, **more):
    print(json.dumps({"type": kind, "callId": call, **more}), flush=True)


async def watch(track, call):
    await track.recv()
    say("picture", call)
    while True:
        await track.recv()


async def answer(peer, message, tasks):
    call = message["callId"]

    @peer.on("track")
    def on_track(track):
        if track.kind == "video":
            tasks.append(asyncio.ensure_future(watch(track, call)))

    @peer.on("connectionstatechange")
    def on_state():
        if peer.connectionState == "connected":
            say("connected", call)

    await peer.setRemoteDescription(RTCSessionDescription(message["sdp"], "offer"))
    if not peer.getSenders() or all(sender.track is None for sender in peer.getSenders()):
        peer.addTrack(Green())
    await peer.setLocalDescription(await peer.createAnswer())
    say("answer", call, negotiation=message["negotiation"], sdp=peer.localDescription.sdp)


async def add_candidate(peer, message):
    if not message["candidate"]:
        return
    candidate = candidate_from_sdp(message["candidate"].removeprefix("candidate:"))
    candidate.sdpMid = message.get("sdpMid")
    candidate.sdpMLineIndex = message.get("sdpMLineIndex")
    await peer.addIceCandidate(candidate)


async def main():
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    peer, tasks, early = RTCPeerConnection(), [], []
    while line := await reader.readline():
        message = json.loads(line)
        if message["type"] == "offer":
            await answer(peer, message, tasks)
            for candidate in early:
                await add_candidate(peer, candidate)
            early.clear()
        elif message["type"] == "candidate":
            # Candidates may come before the offer they belong to.
            if peer.remoteDescription is None:
                early.append(message)
            else:
                await add_candidate(peer, message)
    await peer.close()


asyncio.run(main())
