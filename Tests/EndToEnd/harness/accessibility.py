"""An accessibility checker of our own: the browser's accessibility tree, and rules over the composed document."""

from pathlib import Path

RULES = (Path(__file__).parent / "accessibility.js").read_text()
NAMED = {
    "button", "link", "textbox", "searchbox", "combobox", "checkbox", "dialog", "alertdialog", "image", "img", "meter",
    "heading", "DisclosureTriangle",
}

def complaints(page):
    """The violations on the current page."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    found = page.evaluate(RULES)
    for node in nodes:
        role = node.get("role", {}).get("value")
        if node.get("ignored") or role not in NAMED:
            continue
        if not node.get("name", {}).get("value", "").strip():
            found.append(f"a {role} has no name (node {node.get('backendDOMNodeId')})")
    return found


def focused(page):
    """The id of the focused element, also inside <ringback-call>."""
    return page.evaluate("""() => {
        let at = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        return at?.id || at?.className || at?.tagName;
    }""")


def tab_to(page, wanted, most=40):
    """Presses Tab until `wanted` is focused."""
    seen = []
    for _ in range(most):
        if focused(page) == wanted:
            return
        page.keyboard.press("Tab")
        seen.append(focused(page))
    raise AssertionError(f"Tab does not lead to {wanted}, only to {seen}")
