"""The pages and the SDK use no feature that is newer than the browsers in docs/browser-sdk.md."""

import re

from harness.server import ROOT

WEB = ROOT / "Sources" / "RingbackWeb"

# Features that Safari 16.4, Chrome 109 or Firefox 115 lack: a pattern, and the first version of each browser that has the feature.
NEWER_SCRIPT = {
    r"AbortSignal\.any": "Safari 17.4, Chrome 116, Firefox 124",
    r"\(\?<[=!]": "a look-behind: Safari 16.4 has it, but no page should fail to load for it",
    r"\.aria[A-Z]\w*\b": "Firefox 119: use setAttribute",
    r"\.(toSorted|toReversed|toSpliced)\(": "Chrome 110",
    r"\.(isSubsetOf|isSupersetOf|symmetricDifference|isDisjointFrom)\(": "Safari 17, Chrome 122, Firefox 127",
    r"(Object|Map)\.groupBy|Array\.fromAsync|Promise\.(withResolvers|try)": "Safari 17.4, Chrome 117, Firefox 119",
    r"URL\.(parse|canParse)": "Safari 17, Chrome 120",
    r"\.checkVisibility\(": "Safari 17.4: call it with `?.`",
    r"\b(isWellFormed|toWellFormed)\(": "Chrome 111, Firefox 119",
    r"/[gimsuy]*v[gimsuy]*[;,.)]": "a regular expression of the kind v: Safari 17, Chrome 112, Firefox 116",
    r"\busing \w+ =": "explicit resource management",
}
NEWER_STYLE = {
    r"color-mix\(": "Chrome 111",
    r":has\(": "Firefox 121",
    r"light-dark\(": "Safari 17.5, Chrome 123, Firefox 120",
    r"@(scope|starting-style|layer-anchor|property)\b": "newer than all of the three",
    r"\[popover\]|anchor-name": "newer than all of the three",
    r"(?m)^\s*&": "nesting: Safari 16.5, Chrome 112, Firefox 117",
}


def newer(text, table):
    return [f"{match[0]!r} ({since})" for look, since in table.items() for match in re.finditer(look, text)]


def test_no_newer_feature_is_used():
    for folder in ("sdk", "demo"):
        for path in sorted((WEB / folder).glob("*")):
            is_script, has_style = path.suffix == ".js", path.suffix == ".css" or path.name == "call-style.js"
            found = newer(path.read_text(), NEWER_SCRIPT) if is_script else []
            found += newer(path.read_text(), NEWER_STYLE) if has_style else []
            assert not found, f"{path.name}: {'; '.join(found)}"


def test_the_check_finds_newer_features():
    assert newer("signal: AbortSignal.any(signals)", NEWER_SCRIPT)
    assert newer("text.match(/(?<=^a=)b/)", NEWER_SCRIPT)
    assert newer("button.ariaLabel = 'x';", NEWER_SCRIPT)
    assert not newer("node.checkVisibility?.()", NEWER_SCRIPT)
    assert newer("background: color-mix(in srgb, red, blue)", NEWER_STYLE)
