"""Every control can be clicked at its centre, at every size of the window or of the box of an inline element."""

import pytest

from harness.phone import in_a_call

WINDOWS = [
    (320, 568), (360, 640), (390, 844), (412, 915), (568, 320), (640, 360), (667, 375), (700, 700), (720, 500), (740, 600),
    (768, 1024), (800, 600), (844, 390), (850, 700), (900, 600), (915, 412), (1024, 768), (1280, 720), (1440, 900),
    (1920, 1080)]
BOXES = [
    (260, 300), (280, 240), (300, 400), (320, 320), (360, 420), (360, 640), (400, 300), (420, 260), (480, 360), (480, 640),
    (500, 400), (560, 420), (600, 300), (640, 480), (700, 420), (720, 560), (760, 480), (800, 500), (900, 620), (1000, 700)]

# From now on, clicks are recorded and have no effect, except for "more".
NOTE_CLICKS = """() => {
    window.clicked = [];
    document.querySelector('ringback-call').shadowRoot.addEventListener('click', event => {
        const button = event.target.closest('button, summary');
        clicked.push(button?.id || button?.className || event.target.id);
        if (button?.id !== 'more') event.stopImmediatePropagation(), event.preventDefault();
    }, true);
}"""
BOX = """([width, height]) => Object.assign(document.querySelector('ringback-call').style, {
    position: 'fixed', zIndex: 9, left: '10px', top: '10px', minHeight: '0', width: `${width}px`, height: `${height}px`})"""
CENTRES = """() => [...document.querySelector('ringback-call').shadowRoot.querySelectorAll('button, summary')]
    .filter(button => button.checkVisibility({visibilityProperty: true}))
    .map(button => ({name: button.id || button.className || button.localName, box: button.getBoundingClientRect()}))
    .map(({name, box}) => ({name, x: box.x + box.width / 2, y: box.y + box.height / 2}))"""


def sized(page, size, is_inline):
    if is_inline:
        page.evaluate(BOX, size)
    else:
        page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def clicks_all(page, size, is_inline, expected):
    sized(page, size, is_inline)
    seen = set()
    for is_more in (False, True):
        names = {control["name"] for control in page.evaluate(CENTRES)}
        if is_more:
            if "more" not in names:
                break
            page.locator("#more").click()
        for control in page.evaluate(CENTRES):
            page.evaluate("() => { clicked.length = 0; }")
            if is_more and control["name"] == "more":
                continue
            assert 0 < control["x"] < (size[0] if not is_inline else size[0] + 20), (size, control)
            page.mouse.click(control["x"], control["y"])
            clicked = page.evaluate("() => clicked")
            assert clicked == [control["name"]] or (control["name"] == "summary" and clicked), (
                f"{size}: a click on the centre of {control['name']} meets {clicked}")
            seen.add(control["name"])
            if control["name"] == "more":
                page.locator("#more").click()
        if is_more:
            page.locator("#more").click()
    assert expected <= seen, f"{size}: {expected - seen} can't be seen"


@pytest.mark.parametrize("is_inline", [False, True], ids=["window", "inline"])
def test_every_control_of_a_call_can_be_clicked(phone, is_inline):
    petya, vasya = phone("petya"), phone("vasya")
    if is_inline:
        vasya.page.set_viewport_size({"width": 1100, "height": 800})
        vasya.page.evaluate("document.querySelector('ringback-call').setAttribute('inline', '')")
    in_a_call(vasya, petya)
    if is_inline:
        vasya.page.evaluate(BOX, [640, 480])
    vasya.safety_phrase()
    petya.page.click("#mute")
    vasya.page.wait_for_selector("#peer-muted", state="visible")
    vasya.page.click("#screen")
    vasya.page.wait_for_selector("#stop-sharing", state="visible")
    vasya.page.evaluate(NOTE_CLICKS)
    for size in BOXES if is_inline else WINDOWS:
        clicks_all(vasya.page, size, is_inline, {
            "mute", "camera", "screen", "devices", "quality", "small-window", "hang-up", "safety", "stop-sharing"})


@pytest.mark.parametrize("is_inline", [False, True], ids=["window", "inline"])
def test_every_control_of_an_incoming_call_can_be_clicked(phone, is_inline):
    petya, vasya = phone("petya"), phone("vasya")
    if is_inline:
        petya.page.set_viewport_size({"width": 1100, "height": 800})
        petya.page.evaluate("document.querySelector('ringback-call').setAttribute('inline', '')")
        petya.page.evaluate(BOX, [640, 480])
    vasya.call("petya")
    petya.reaches("incoming")
    petya.page.evaluate(NOTE_CLICKS)
    for size in BOXES if is_inline else WINDOWS:
        clicks_all(petya.page, size, is_inline, {"accept", "accept-voice", "decline"})
    vasya.hang_up()


def test_the_own_picture_can_be_moved_to_another_corner(phone):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    box = vasya.page.locator("#pip").bounding_box()
    vasya.page.mouse.move(box["x"] + 20, box["y"] + 20)
    vasya.page.mouse.down()
    vasya.page.mouse.move(100, 150, steps=4)
    vasya.page.mouse.up()
    moved = vasya.page.locator("#pip").bounding_box()
    assert moved["x"] < 100 and moved["y"] < box["y"], "it is at the top, on the left"
    vasya.page.focus("#pip")
    vasya.page.keyboard.press("ArrowRight")
    assert vasya.page.locator("#pip").bounding_box()["x"] == box["x"]
    vasya.hang_up()
