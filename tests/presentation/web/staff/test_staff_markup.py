"""Tables of the workspace: whatever documents and people wrote is text in them."""

import re
from html.parser import HTMLParser

import pytest

from assistant.presentation.web.staff import markup

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</td></tr></table><iframe src=//x>",
    "[x](javascript:alert(1)) ![y](https://x/y.png)",
    "a\n\n# heading\n\n<b>x</b>",
    "`code` **b** $$x$$ ${alert(1)} {{7*7}}",
    "&lt;script&gt;",
    "\x1b[31m\u202eabc\u200b\ud800",
]


class Tags(HTMLParser):
    """Tags and attributes of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_makes_no_tags_anywhere(payload: str) -> None:
    rows = [(payload, payload)]
    made = (
        markup.table(payload, (payload, payload), rows, payload),
        markup.table(payload, (payload,), [], payload),
        markup.bars(payload, (payload, payload), [(payload, 1.0, payload)], payload),
        markup.items([payload]),
        markup.details(payload, payload),
        markup.note(payload, bad=True),
        markup.meter(0.5, [(0.2, payload)]),
        markup.link("/staff/export/gaps.csv?x=" + payload, payload),
    )
    ours = {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "i", "span", "ul", "li", "p", "a"}
    for text in made:
        tags = Tags(text)
        assert tags.tags <= ours | {"details", "summary"}
        assert tags.attributes <= {"class", "scope", "style", "title", "href"}
        assert "\n" not in text  # Markdown ends an HTML block at an empty line
        assert not re.search("[\u202e\u200b\x1b`$]", text)


def test_what_a_person_wrote_is_shown_as_it_is() -> None:
    assert Tags(markup.paragraph("<b>x</b> & „y”\nz")).words == "<b>x</b> & „y”\nz"


def test_the_longest_bar_is_full_and_none_is_longer() -> None:
    made = markup.bars("c", ("a", "b"), [("x", 4.0, "4"), ("y", 1.0, "1"), ("z", 0.0, "0")], "")
    assert re.findall(r"width:([\d.]+)%", made) == ["100.0", "25.0", "0.0"]


def test_nothing_is_said_in_words() -> None:
    assert markup.table("c", ("a",), [], "Nic tu nie ma.") == '<p class="empty">Nic tu nie ma.</p>'
