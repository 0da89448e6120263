"""The HTML: templates with the words of a language and what a page needs to know. Home of Jinja."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from ...config import ContactSettings, Settings
from ...errors import AssistantError, Overloaded, SwitchedOff
from ...prompts import LANGUAGES
from ...service import Service
from .. import render, schemas
from . import policies, refusals

HERE = Path(__file__).parent
STATIC = HERE / "static"
LOADER = STATIC / "widget" / "loader.js"
PLACES = {
    "page": "/",
    "plain": "/rozmowa",
    "frame": "/widget/frame",
    "modes": "/tryby",
    "workshop": "/warsztat",
    "join": "/dolacz",
}
GUIDED = ("modes", "mode")  # surfaces of guided modes
SHARED = ("workshop", "join")  # surfaces of workshops
FORMATS = {"docx": "DOCX", "pdf": "PDF", "html": "HTML", "md": "Markdown", "xlsx": "XLSX", "csv": "CSV", "json": "JSON"}


class Pages:
    """Renders templates with the words of a language and what the page needs to know."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def page(self, lang: str, surface: str, site: str = "", host: str = "") -> str:
        """The chat, on our own page or in a frame."""
        return self._rendered("page.html", lang, surface, site, host)

    def plain(self, lang: str, **shown: Any) -> str:
        """The page that works without JavaScript; `answer` (as in the API), `error` and `question`."""
        given = {"answer": None, "error": None, "question": "", **shown}
        return self._rendered("plain.html", lang, "plain", **_visible(given))

    def modes(self, lang: str) -> str:
        """The guided modes to choose from."""
        found = self._service.guided.definitions.dialogues.values()
        return self._rendered("modes.html", lang, "modes", modes=[schemas.mode(one, lang) for one in found])

    def mode(self, lang: str, id: str) -> str:
        """One of them: what it is, then a step at a time. Raises DialogueMissing."""
        made = self._service.guided.dialogue(id)
        told = schemas.mode(made, lang)
        days = self._settings.retention.runs_days
        return self._rendered(
            "mode.html", lang, "mode", mode=told, place=f"/tryby/{id}", days=days, formats=list(FORMATS.items())
        )

    def workshop(self, lang: str, surface: str) -> str:
        """The facilitator's page ("workshop") or the respondents' way in ("join")."""
        offered = [one for one in self._service.guided.definitions.dialogues.values() if one.workshop]
        return self._rendered(
            f"{surface}.html",
            lang,
            surface,
            modes=[schemas.mode(one, lang) for one in offered],
            least=self._settings.dialogues.least_respondents,
            most=self._settings.dialogues.most_respondents,
            days=self._settings.retention.runs_days,
        )

    def message(self, lang: str, error: AssistantError, site: str = "") -> str:
        """A page that says what went wrong and whom to ask."""
        words = self._service.words[lang]
        return self._rendered("message.html", lang, "page", site, error=schemas.error(error, words))

    def closed(self, query: Mapping[str, str], error: SwitchedOff | Overloaded) -> Response:
        """The page of a server that does not answer now."""
        lang = refusals.language({}, query, self._settings.lang)
        html = self.message(lang, error)
        policy = policies.page(ancestors(self._settings, query.get("site", "")) or policies.NOBODY)
        retry = str(error.details.get("seconds", refusals.CLOSED_SECONDS))
        return HTMLResponse(html, 503, {"Retry-After": retry, "Content-Security-Policy": policy})

    @property
    def _settings(self) -> Settings:
        return self._service.settings

    @cached_property
    def _environment(self) -> Environment:
        made = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined)
        made.globals["static"] = static_url
        return made

    def _rendered(
        self, template: str, lang: str, surface: str, site: str = "", host: str = "", place: str = "", **more: Any
    ) -> str:
        words = dict(self._service.words[lang].table["web"])
        if surface not in GUIDED:
            del words["modes"]  # a page carries the words it shows
        if surface not in SHARED:
            del words["workshops"]
        page = self._page(lang, surface, site, host, place or PLACES[surface])
        return self._environment.get_template(template).render(lang=lang, words=words, page=page, **more)

    def _page(self, lang: str, surface: str, site: str, host: str, place: str) -> dict[str, Any]:
        settings = self._settings.web
        widget = settings.widgets.get(site)
        words = self._service.words[lang]
        contact = (widget.contact if widget else None) or settings.contact
        extra = {"site": site} if surface == "frame" else {}
        return {
            "surface": surface,
            "site": site,
            "lang": lang,
            "host": host,
            "contact": _contact(contact),
            "limits": {
                "question": self._settings.answering.max_question_chars,
                "comment": settings.comment_chars,
                "days": self._settings.retention.conversations_days,
            },
            "model": None,
            "starters": list(words.table["web"]["starters"].values()),
            "languages": {code: f"{place}?{urlencode({'lang': code, **extra})}" for code in LANGUAGES},
            "title": (widget.title if widget else "") or words.text("web.title"),
            "theme": {"accent": widget.accent, "accent_dark": widget.accent_dark} if widget else {},
            "modes": [],
        }


def _visible(value: Any) -> Any:
    """The same with what cannot be seen in its texts shown as a mark, as `page.js` does for the other pages."""
    if isinstance(value, str):
        return render.safe(value)
    if isinstance(value, dict):
        return {name: _visible(item) for name, item in value.items()}
    return [_visible(item) for item in value] if isinstance(value, list) else value


def ancestors(settings: Settings, site: str) -> tuple[str, ...]:
    """The origins that may embed a site's widget."""
    widget = settings.web.widgets.get(site)
    return widget.origins if widget else ()


def static_url(name: str) -> str:
    """The address of a static file. It changes with any of them, so that all may be kept and always fit together."""
    return f"/static/{static_version()}/{name}"


@lru_cache(maxsize=1)
def static_files() -> dict[str, Path]:
    """Our static files by name: what is not on the list is never opened."""
    return {file.relative_to(STATIC).as_posix(): file for file in sorted(STATIC.rglob("*")) if file.is_file()}


@lru_cache(maxsize=1)
def static_version() -> str:
    """Twelve hex digits over names and contents of all static files."""
    whole = hashlib.sha256()
    for name, file in static_files().items():
        whole.update(name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()[:12]


def _contact(contact: ContactSettings) -> dict[str, str] | None:
    return contact.model_dump() if any(contact.model_dump().values()) else None
