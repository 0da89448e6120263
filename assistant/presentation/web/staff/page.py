"""Gradio's page made ours: its language, a heading, who is signed in, and a nonce on its inline code.

Without the nonce the policy would have to allow every inline script. The addresses of other sites that
Gradio writes for social networks go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from ....domain.conversations import Account
from ....prompts import LANGUAGES, Words
from ..pages import static_url

META = re.compile(r"<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*>\s*")
LINKED = (("icon", "icon.svg"), ("stylesheet", "staff.css"))
MANIFEST = re.compile(r"<link rel=\"manifest\"[^>]*>\s*")


def ours(text: str, nonce: str, lang: str, account: Account, words: Words) -> str:
    """The page with our head and heading."""
    text = MANIFEST.sub("", META.sub("", text)).replace('lang="en"', f'lang="{lang}"', 1)
    text = text.replace("</head>", f"{_links()}</head>", 1).replace("<script", f'<script nonce="{nonce}"')
    return re.sub(r"<body[^>]*>", lambda found: found[0] + _heading(lang, account, words), text, count=1)


def _links() -> str:
    icon, style = (f'<link rel="{kind}" href="{static_url(name)}">\n' for kind, name in LINKED)
    return f'{icon}{style}<script src="{static_url("staff.js")}" defer></script>\n'


def _heading(lang: str, account: Account, words: Words) -> str:
    def said(key: str, **details: object) -> str:
        return escape(words.text(f"staff.{key}", **details))

    links = "".join(
        f'<a href="/staff/{other}/" lang="{other}" hreflang="{other}">{said(f"language_{other}")}</a>'
        for other in LANGUAGES
        if other != lang
    )
    who = said("signed_in", name=account.name, role=words.text(f"staff.role.{account.role}"))
    return (
        f'<header class="staff-head"><h1>{said("title")}</h1>'
        f'<p class="staff-who">{who}</p>'
        f'<nav aria-label="{said("nav")}"><a href="/">{said("public_page")}</a>{links}'
        f'<form method="post" action="/staff/sign-out"><button type="submit">{said("sign_out")}</button></form>'
        f"</nav></header>"
    )


class Rewritten:
    """A sender that holds an HTML response until it is whole and sends it rewritten; anything else passes."""

    def __init__(self, send: Send, rewrite: Callable[[str], str]) -> None:
        self._send, self._rewrite = send, rewrite
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        """One ASGI message."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if message["status"] == 200 and headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            body = self._rewrite(self._body.decode()).encode()
            headers = MutableHeaders(scope=self._start)
            headers["Content-Length"] = str(len(body))
            await self._send(self._start)
            message = {"type": "http.response.body", "body": body}
        await self._send(message)
