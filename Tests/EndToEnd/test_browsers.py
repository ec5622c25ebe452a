"""The browsers of the machine without a server: if this fails, other browser tests are meaningless."""

from harness.colours import MEAN_PIXEL, name_of
from harness.waiting import eventually

PAGE = "<!doctype html><title>peer</title><video id=remote autoplay playsinline muted></video>"

START = """async () => {
    const stream = await navigator.mediaDevices.getUserMedia({video: true, audio: true});
    window.pc = new RTCPeerConnection();
    pc.ontrack = ({streams}) => { remote.srcObject = streams[0]; };
    stream.getTracks().forEach(track => pc.addTrack(track, stream));
}"""

# Sets a local description and returns it with all its candidates.
DESCRIBE = """async () => {
    await pc.setLocalDescription();
    while (pc.iceGatheringState !== 'complete')
        await new Promise(done => pc.addEventListener('icegatheringstatechange', done, {once: true}));
    return pc.localDescription.toJSON();
}"""


def peer(browser):
    page = browser.new_context().new_page()
    page.route("http://127.0.0.1:9/", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    page.goto("http://127.0.0.1:9/")
    page.evaluate(START)
    return page


def colour(page):
    mean = page.eval_on_selector("#remote", MEAN_PIXEL)
    return mean and name_of(*mean)


def test_two_browser_processes_see_each_others_cameras(red_browser, green_browser):
    vasya, petya = peer(red_browser), peer(green_browser)
    offer = vasya.evaluate(DESCRIBE)
    petya.evaluate("offer => pc.setRemoteDescription(offer)", offer)
    answer = petya.evaluate(DESCRIBE)
    vasya.evaluate("answer => pc.setRemoteDescription(answer)", answer)

    eventually(lambda: colour(vasya) == "green", 10, "Vasya sees Petya's green")
    eventually(lambda: colour(petya) == "red", 10, "Petya sees Vasya's red")
    vasya.context.close()
    petya.context.close()
