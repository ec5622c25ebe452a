"""Pages, SDK and document are compressed, and not sent again to clients with a current copy."""

import gzip

import pytest
import requests

PATHS = ["/", "/docs", "/assets/docs.css", "/sdk/ringback.js", "/sdk/ringback.d.ts", "/openapi.yaml", "/openapi.json"]


def get(server, path, **fields):
    fields = {name.replace("_", "-"): value for name, value in {"Accept_Encoding": "identity", **fields}.items()}
    return requests.get(server.url + path, headers=fields, timeout=20, stream=True)


@pytest.mark.parametrize("path", PATHS)
def test_a_current_copy_gets_304(server, path):
    first = get(server, path)
    tag = first.headers["etag"]
    assert tag.startswith('"') and first.headers["vary"] == "Accept-Encoding"
    assert first.headers["cache-control"] == "no-cache"
    for condition in (tag, f'"other", W/{tag}', "*"):
        again = get(server, path, If_None_Match=condition)
        assert again.status_code == 304 and again.raw.read() == b""
        assert again.headers["etag"] == tag and again.headers["vary"] == "Accept-Encoding"
        assert "content-length" not in again.headers and "content-type" not in again.headers
    assert get(server, path, If_None_Match='"other"').status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_a_client_that_accepts_gzip_gets_it(server, path):
    plain = get(server, path)
    packed = get(server, path, Accept_Encoding="br;q=1.0, gzip;q=0.8")
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    body = packed.raw.read()
    assert gzip.decompress(body) == plain.raw.read() and int(packed.headers["content-length"]) == len(body)
    assert packed.headers["etag"] != plain.headers["etag"]
    assert get(server, path, Accept_Encoding="gzip", If_None_Match=packed.headers["etag"]).status_code == 304
    head = requests.head(server.url + path, headers={"Accept-Encoding": "gzip"}, timeout=20)
    assert int(head.headers["content-length"]) == len(body)


@pytest.mark.parametrize("path", PATHS)
def test_a_client_that_rejects_gzip_does_not_get_it(server, path):
    for field in ("gzip;q=0", "identity;q=1, gzip;q=0.5", "br"):
        assert "content-encoding" not in get(server, path, Accept_Encoding=field).headers


def test_pages_are_compressed_to_less_than_a_third(server):
    for path in ("/sdk/ringback.js", "/openapi.yaml"):
        packed = get(server, path, Accept_Encoding="gzip")
        assert int(packed.headers["content-length"]) * 2.4 < int(get(server, path).headers["content-length"])
