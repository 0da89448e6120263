"""Serves the made-up site with the assistant's widget on it: python docs/demo/serve.py, then http://127.0.0.1:8090.

The assistant must know the site (assistant.toml):

    [web.widgets.demo]
    origins = ["http://127.0.0.1:8090"]

Standard library only, like the site whose place it takes: all that the embedding side needs is a file server.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import urllib.error
import urllib.request
from functools import partial
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
ASSISTANT = "http://127.0.0.1:7860"  # as written in index.html
PLACE = "<!-- widget -->"
SECONDS = 2
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


def tag(loader: bytes, assistant: str, site: str) -> str:
    """What the site's editors paste: a link for people without scripts, and the script with its hash."""
    digest = base64.b64encode(hashlib.sha384(loader).digest()).decode()
    address, key = escape(assistant, quote=True), escape(site, quote=True)
    return (
        f'<a href="{address}/?lang=pl">Zapytaj asystenta AI</a>\n'
        f'  <script src="{address}/widget/loader.js" integrity="sha384-{digest}" crossorigin="anonymous" '
        f'data-site="{key}" data-lang="pl" defer></script>'
    )


def page(loader: bytes | None, assistant: str, site: str) -> str:
    """The site's page; without the loader (the assistant is not running) it is the page it always was."""
    text = (HERE / "index.html").read_text(encoding="utf-8").replace(ASSISTANT, escape(assistant, quote=True))
    return text.replace(PLACE, tag(loader, assistant, site) if loader is not None else "")


def fetched(assistant: str) -> bytes | None:
    """The loader as the assistant serves it now; None when it does not answer."""
    try:
        with urllib.request.urlopen(f"{assistant}/widget/loader.js", timeout=SECONDS) as response:
            return bytes(response.read())
    except (urllib.error.URLError, OSError) as error:
        print(f"Asystent pod {assistant} nie odpowiada ({error}); strona jest bez niego.")
        return None


class Handler(BaseHTTPRequestHandler):
    """The files of the site and nothing else."""

    def __init__(self, assistant: str, site: str, *rest: object) -> None:
        self.assistant, self.site = assistant, site
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """The page with the widget's tag filled in, or what belongs to it."""
        found = FILES.get(self.path.partition("?")[0])
        if found is None:
            self.send_error(404)
            return
        name, kind = found
        if name == "index.html":
            body = page(fetched(self.assistant), self.assistant, self.site).encode()
        else:
            body = (HERE / name).read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *args: object) -> None:
        """Quiet."""


def main() -> None:
    """Serve until Ctrl+C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--assistant", default=ASSISTANT, help="origin of the assistant")
    parser.add_argument("--site", default="demo", help="key of the site in [web.widgets]")
    given = parser.parse_args()
    handler = partial(Handler, given.assistant.rstrip("/"), given.site)
    with ThreadingHTTPServer(("127.0.0.1", given.port), handler) as server:
        print(f"http://127.0.0.1:{server.server_port}  (Ctrl+C kończy)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
