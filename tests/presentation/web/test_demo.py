"""The demo site: a page of its own that the widget joins, with a strict policy and no other origin."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import re
import threading
import urllib.request
from functools import partial
from http.server import ThreadingHTTPServer
from urllib.error import HTTPError

import pytest

from assistant.config import ROOT

DEMO = ROOT / "docs" / "demo"
LOADER = b"(() => {})();\n"

spec = importlib.util.spec_from_file_location("demo_serve", DEMO / "serve.py")
assert spec is not None
assert spec.loader is not None
serve = importlib.util.module_from_spec(spec)
spec.loader.exec_module(serve)


def test_the_tag_carries_site_and_integrity() -> None:
    page = serve.page(LOADER, "http://127.0.0.1:7999", "demo")
    digest = base64.b64encode(hashlib.sha384(LOADER).digest()).decode()
    (script,) = re.findall(r"<script[^>]*></script>", page)
    assert f'integrity="sha384-{digest}"' in script
    assert 'src="http://127.0.0.1:7999/widget/loader.js"' in script
    assert 'data-site="demo"' in script
    assert "7860" not in page  # the policy names the same assistant


def test_without_the_assistant_the_page_stands_alone() -> None:
    page = serve.page(None, serve.ASSISTANT, "demo")
    assert "<script" not in page
    assert serve.PLACE not in page


def test_the_site_key_cannot_leave_its_attribute() -> None:
    assert "<b>" not in serve.page(LOADER, serve.ASSISTANT, '"><b>')


def test_the_policy_is_strict_and_no_other_origin_is_asked() -> None:
    page = serve.page(LOADER, serve.ASSISTANT, "demo")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    origins = set(re.findall(r"(?:https?:)?//[^/\s\"';>]+", page + (DEMO / "style.css").read_text(encoding="utf-8")))
    assert origins == {serve.ASSISTANT}
    assert not re.search(r"\sstyle=|<style|\son\w+=", page)


def test_only_its_own_files_are_served() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(serve.Handler, "http://127.0.0.1:9", "demo")) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            here = f"http://127.0.0.1:{server.server_port}"
            with urllib.request.urlopen(f"{here}/?x=1") as response:
                assert "Województwo Nadmorskie" in response.read().decode()
            for path in ("/serve.py", "/../README.md", "/%2e%2e/README.md", "/index.html/"):
                with pytest.raises(HTTPError):
                    urllib.request.urlopen(here + path)
        finally:
            server.shutdown()
            thread.join()
