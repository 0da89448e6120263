"""Web sites that embed the widget, each on an origin of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STRICT = "default-src 'none'; script-src {assistant}; frame-src {assistant}; base-uri 'none'; form-action 'none'"
PAGE = """<!doctype html>
<html lang="pl">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Urząd</title></head>
<body>
<main><h1>Urząd w Pucku</h1><p><a id="first" href="#first">Aktualności</a></p>
<form><label for="name">Imię</label> <input id="name"></form>
<p>{words}</p></main>
{more}
</body>
</html>
"""


@dataclass(frozen=True)
class Host:
    """A site: `pages` are its files, `policy` what it allows itself."""

    origin: str
    pages: dict[str, str] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)

    def show(self, path: str, more: str, policy: str) -> str:
        """Put a page with something at its end, and return its address."""
        self.pages[path] = PAGE.format(more=more, words="Zapraszamy od 8 do 16. " * 60)
        self.policies[path] = policy
        return self.origin + path


@contextmanager
def host(name: str = "localhost") -> Iterator[Host]:
    """A site until the block ends; as "localhost" it is another site than the assistant at 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = made.pages.get(self.path.partition("?")[0], "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", made.policies.get(self.path.partition("?")[0], ""))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        made = Host(f"http://{name}:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
