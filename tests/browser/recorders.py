"""What happened while a page was open: what it asked for, what it refused, what a screen reader heard."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, WebError

LOCAL = ("blob", "data", "about")  # nothing of these leaves the browser
# the console's line for every 4xx and 5xx; and for the script below in documents and reports, which run none
SILENT = r"/documents/[0-9a-f]+/file|/tryby/raport"
EXPECTED = re.compile(rf"Failed to load resource|Blocked script execution in '[^']*({SILENT})'")

# Run in every document before its own scripts. A region that announces is told from one that is only marked up by the
# nearest ancestor with a say in it; what it says is its text once the task is over, as a screen reader takes it.
EARS = """(() => {
  const heard = (window.__heard = []);
  const events = [];
  addEventListener("securitypolicyviolation", (event) =>
    events.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
  window.__refused = events;
  const said = new Map();
  const region = (node) => {
    const at = (node.nodeType === 1 ? node : node.parentElement)?.closest(
      "[role=status],[role=alert],[role=log],[aria-live],output");
    return !at || at.getAttribute("aria-live") === "off" ? null : at;
  };
  new MutationObserver((records) => {
    const touched = new Set();
    for (const { target, addedNodes } of records) {
      touched.add(region(target));
      for (const node of addedNodes) {
        if (node.nodeType !== 1) continue;
        for (const at of [node, ...node.querySelectorAll("[role=alert],[role=status]")])
          if (at.matches("[role=alert],[role=status]")) touched.add(at);
      }
    }
    for (const at of touched) {
      const text = at?.isConnected ? at.textContent.trim() : "";
      if (text && text !== said.get(at) && at.checkVisibility())
        heard.push({ at: performance.now(), role: at.getAttribute("role"), text });
      if (at) said.set(at, at.textContent.endsWith("\\u00a0") ? "" : text);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
})();"""


@dataclass
class Record:
    """Of all pages of a test. `own` are the origins they may ask."""

    own: set[str]
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @contextmanager
    def watching(self, context: BrowserContext) -> Iterator[None]:
        """Take down what pages of the context do in the block."""
        ears: dict[Any, Any] = {
            "request": self._asked,
            "dialog": self._shown,
            "weberror": self._threw,
            "console": self._told,
        }
        for event, ear in ears.items():
            context.on(event, ear)
        try:
            yield
        finally:
            for event, ear in ears.items():
                context.remove_listener(event, ear)

    @property
    def foreign(self) -> list[str]:
        return [url for url in self.requests if urlsplit(url).scheme not in LOCAL and origin(url) not in self.own]

    def check(self) -> None:
        """Nothing left for elsewhere, nothing popped up, nothing went wrong unseen, no policy was needed."""
        assert not self.foreign, self.foreign
        assert not self.dialogs, self.dialogs
        assert not self.errors, self.errors

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)

    def _shown(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _threw(self, error: WebError) -> None:
        self.errors.append(str(error.error))

    def _told(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not EXPECTED.match(message.text):
            self.errors.append(message.text)


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def heard(page: Page) -> list[tuple[float, str]]:
    """(milliseconds, words) of what live regions said, in order."""
    return [(one["at"], one["text"]) for one in page.evaluate("window.__heard")]


def refused(page: Page) -> list[str]:
    """What the page's own policy had to stop."""
    found: list[str] = page.evaluate("window.__refused")
    return found


class _Trap(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        line = self.rfile.readline(2000).decode("latin-1").strip()
        self.server.caught.append(line)  # type: ignore[attr-defined]
        self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@contextmanager
def trap() -> Iterator[tuple[str, list[str]]]:
    """A proxy that leads nowhere and remembers who tried: (address, first lines). Loopback does not pass it."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Trap) as server:
        server.daemon_threads = True
        server.caught = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", server.caught  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()
