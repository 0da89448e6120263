"""Web pages: what a reader came for, without menus, banners and scripts.

Home of lxml. The tree is walked by its events, never by recursion; nothing is fetched.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...config import IngestionSettings
from ...domain.documents import Warning_
from ...errors import UnreadableDocument
from .. import parsers
from ..layout import Parsed
from . import drafts
from .drafts import Draft, DraftKind

HEAD_BYTES = 4096  # where a page names its encoding
MAX_SPAN = 64  # columns or rows a cell may claim
MAX_BANNER = 2000  # characters of a cookie notice
MAX_BANNER_ELEMENTS = 300
MAIN_SHARE = 0.3  # of the body's words, for <main> or <article> to stand for the page
_BINARY = (
    b"MZ",
    b"PK\x03\x04",
    b"%PDF",
    b"\x7fELF",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x1f\x8b",
)

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_BLOCKS = {
    "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "html", "legend", "li",
    "main", "menu", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    "xmp", "listing",
    *_HEADINGS,
}  # fmt: skip
_LEFT_OUT = {
    "script", "style", "nav", "aside", "noscript", "template", "svg", "math", "head", "iframe", "object", "embed",
    "button", "select", "datalist", "textarea", "input", "canvas", "audio", "video", "map", "frameset", "title",
    "rt", "rp",
}  # fmt: skip
_FRAME_TAGS = {"header", "footer"}  # of the site; inside <main> or <article> they belong to the text
_ROLES = {"navigation", "search", "complementary", "dialog", "alertdialog", "menu", "menubar", "toolbar", "tablist"}
_FRAME_ROLES = {"banner", "contentinfo"}
_BANNER = re.compile(r"cookie|consent|gdpr|ciasteczk|\brodo[-_ ]?(bar|popup|info|banner)", re.IGNORECASE)
_UNSEEN = re.compile(
    r"(^|[\s_-])(skip-?(link|to-content|nav)|sr-only|visually-?hidden|screen-reader(-text)?)($|[\s_-])", re.I
)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|font-size\s*:\s*[01](\.\d+)?(px|pt)?\s*(;|!|$)"
    r"|opacity\s*:\s*0?\.?0+\s*(;|!|$)",
    re.IGNORECASE,
)
_ITEM_ENDS = "\x1e"
_SPACES = re.compile(r"[ \t\n\r\f\v]+")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
# Pictures written into the page: nothing to read, and longer than the parser takes in one piece.
_INLINE_DATA = re.compile(r"data:[\w/+.-]{1,60};base64,[A-Za-z0-9+/=%\s]{1000,}")
_CHARSET = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,30})|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([^\"']{2,30})",
    re.I,
)
# what the web calls the fields of Metadata, besides their own names
_META = {
    "dcterms.publisher": "publisher", "dc.publisher": "publisher", "og:site_name": "publisher", "author": "publisher",
    "dcterms.license": "licence", "dcterms.rights": "licence", "dc.rights": "licence", "dcterms.hasversion": "edition",
    "dcterms.title": "title", "dc.title": "title", "og:title": "title", "dcterms.language": "language",
    "dc.language": "language",
}  # fmt: skip

_POLISH_ONLY = (b"\xb3", b"\xb9", b"\xbf", b"\x9c", b"\x9f", b"\xb1", b"\xb6", b"\xbc")  # ł ą ż ś ź

Element = Any  # lxml's elements carry no types


def parse(path: Path, limits: IngestionSettings) -> Parsed:
    """Read a web page as one Page.

    Raises UnreadableDocument with empty_file, wrong_type (a program, picture or archive by its bytes),
    too_deep (nested beyond lxml's 256 levels), too_large (more than 10 MB between two tags), damaged_html
    or no_text. Warnings: hidden_text {count}.
    """
    data = path.read_bytes()
    if not data.strip():
        raise UnreadableDocument(path=str(path), reason="empty_file")
    text = "" if data.startswith(_BINARY) else decode(data)
    if not text or _looks_binary(text):
        raise UnreadableDocument(path=str(path), reason="wrong_type")
    root = _tree(path, _CONTROLS.sub("", _INLINE_DATA.sub("", text.replace("\f", " "))))
    start, inside = _content(root)
    reader = _Reader(inside)
    reader.read(start)
    text, pages, pieces = drafts.linearise(reader.found)
    if not pieces:
        raise UnreadableDocument(path=str(path), reason="no_text")
    warnings = (Warning_("hidden_text", {"count": reader.hidden}),) if reader.hidden else ()
    return Parsed(text, pages, pieces, _properties(root, start), warnings)


def decode(data: bytes) -> str:
    """A page's characters: by its byte order mark, as UTF-8 if it is, by what it says, else by its Polish letters."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    head = data[:HEAD_BYTES]
    if head.count(b"\x00") > len(head) // 4 and (b"\x00<" in head or b"<\x00" in head):
        return data.decode("utf-16-be" if data.startswith(b"\x00") else "utf-16-le", "replace")
    try:
        return data.decode("utf-8")  # before the declaration: other encodings hardly ever form valid UTF-8
    except UnicodeDecodeError:
        pass
    found = _CHARSET.search(data[:HEAD_BYTES])
    named = (found[1] or found[2]).decode("ascii", "replace") if found else ""
    return data.decode(_known(named, data) or _guessed(data), "replace")


def _known(named: str, data: bytes) -> str:
    """The codec of a declared encoding; "" for none, for UTF-8 (it is not) and for codecs that are no text.

    Polish pages often say "iso-8859-1" over Windows or ISO Polish letters; their bytes tell.
    """
    try:
        codec = codecs.lookup(named) if named else None
    except (LookupError, ValueError):
        return ""
    if codec is None or not codec._is_text_encoding or codec.name in ("utf-7", "idna", "punycode", "utf-8", "ascii"):
        return ""
    if codec.name in ("iso8859-1", "cp1252"):
        return "" if any(byte in data for byte in _POLISH_ONLY) else "cp1252"
    return codec.name


def _guessed(data: bytes) -> str:
    """UTF-8 when nearly all of it is; else the Polish code page whose letters the bytes make.

    The two code pages differ in ą, ś, ź and their capitals only.
    """
    high = len(data.translate(None, bytes(range(0x80))))
    if data.decode("utf-8", "replace").count("\ufffd") * 4 < high:
        return "utf-8"
    windows = sum(data.count(letter.encode("cp1250")) for letter in "ąśźĄŚŹ")
    iso = sum(data.count(letter.encode("iso-8859-2")) for letter in "ąśźĄŚŹ")
    return "iso-8859-2" if iso > windows else "cp1250"


def _looks_binary(text: str) -> bool:
    """More control characters than a damaged page has."""
    head = text[:HEAD_BYTES]
    zeros = head.count("\x00")
    odd = sum(character < " " and character not in "\t\n\r\f\x00" for character in head)
    return odd > 2 + len(head) // 50 or zeros > 2 + len(head) // 10


def _tree(path: Path, text: str) -> Element:
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise UnreadableDocument(path=str(path), reason="damaged_html") from error
    # In its recovering mode the parser stops at its limits without a word and hands over what came before.
    for entry in parser.error_log:
        if entry.type_name == "ERR_RESOURCE_LIMIT":
            reason = "too_deep" if "depth" in entry.message else "too_large"
            raise UnreadableDocument(path=str(path), reason=reason)
    return root


# ── what of the page to read ─────────────────────────────────────────────────────────────────────


def _content(root: Element) -> tuple[Element, bool]:
    """Where reading starts, and whether that is <main> or the one <article> and so free of the site's frame."""
    body = root.find("body")
    if body is None:
        return root, False
    share = MAIN_SHARE * _length(body)
    mains = body.xpath(".//main | .//*[@role='main']")
    articles = body.xpath(".//article")
    for candidates in (mains, articles if len(articles) == 1 else []):
        longest = max(candidates[:20], key=_length, default=None)
        if longest is not None and _length(longest) >= share:
            return longest, True
    return body, False


def _length(element: Element) -> int:
    """Characters that may be words, scripts and styles left aside."""
    return sum(len(text.strip()) for text in element.xpath(".//text()[not(parent::script or parent::style)]"))


def _reason_to_skip(element: Element, inside: bool) -> str:
    """ "hidden" for text nobody sees, "frame" for what is not the page's own text, "" to read it."""
    tag = element.tag
    if not isinstance(tag, str) or tag in _LEFT_OUT or (tag in _FRAME_TAGS and not inside):
        return "frame"
    if tag == "form" and not element.xpath(".//h1 | .//h2 | .//h3") and len(element.xpath(".//p")) < 3:
        return "frame"
    if not element.attrib:
        return ""
    if element.get("hidden") is not None or _HIDING.search(element.get("style") or ""):
        return "hidden"
    role = (element.get("role") or "").strip().lower()
    if element.get("aria-hidden") == "true" or role in _ROLES or (role in _FRAME_ROLES and not inside):
        return "frame"
    named = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('aria-label') or ''}"
    if _UNSEEN.search(named) or (_BANNER.search(named) and _is_banner(element)):
        return "frame"
    return ""


def _is_banner(element: Element) -> bool:
    """Small and without a main heading: a page about cookies is no cookie notice."""
    if element.tag in ("body", "main", "article", *_HEADINGS):
        return False
    length = 0
    for n, node in enumerate(element.iter()):
        length += len(node.text or "") + len(node.tail or "")
        if n > MAX_BANNER_ELEMENTS or length > MAX_BANNER or node.tag == "h1":
            return False
    return True


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _List:
    """An open ul, ol or dl: the last number given, the items so far; `terms` wait for their definition."""

    ordered: bool = False
    style: str = "1"
    count: int = 0
    level: int = 0
    items: int = 0
    terms: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Item:
    """An open li or dd: what it says until a nested list begins is one item, its blocks as lines."""

    prefix: str
    level: int
    fresh: bool
    draft: Draft | None = None
    lines: list[str] = field(default_factory=list)

    def close(self) -> None:
        if self.draft is not None:
            self.draft.text = "\n".join(self.lines)


class _Reader:
    """Walks a subtree by its events and lists what it finds."""

    def __init__(self, inside: bool) -> None:
        self.found: list[Draft] = []
        self.hidden = 0
        self.inside = int(inside)  # open elements that make a <header> part of the text
        self.lists: list[_List] = []
        self.scopes: list[tuple[Element, _Item | str]] = []  # innermost open item, heading, term or pre
        self.runs: list[str] = []

    def read(self, start: Element) -> None:
        from lxml import etree

        walker = etree.iterwalk(start, events=("start", "end"))
        skipped: Element = None
        for event, element in walker:
            if event == "start":
                if element is not start and self._skips(element):
                    walker.skip_subtree()
                    skipped = element
                    continue
                if element.tag == "table" and (table := _data_table(element)) is not None:
                    self._table(element, table)
                    walker.skip_subtree()
                    skipped = element
                    continue
                self._open(element)
                continue
            if element is not skipped:
                self._close(element)
            skipped = None
            if element is not start and element.tail:
                self.runs.append(self._spaced(element.tail))
        self._flush()

    def _skips(self, element: Element) -> bool:
        reason = _reason_to_skip(element, self.inside > 0)
        if reason == "hidden":
            self.hidden += any(not drafts.blank(text) for text in element.itertext())
        if reason and element.tag in _BLOCKS:
            self._flush()
        if reason == "frame" and element.tag == "header":  # the site's, but it may hold the page's title
            for heading in element.xpath(".//h1"):
                self.found.append(Draft(DraftKind.HEADING, _flat(heading)[0], 1))
        return bool(reason)

    def _open(self, element: Element) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._flush()
        self.inside += tag in ("main", "article", "section")
        if tag in ("ul", "ol", "dl", "menu", "dir"):
            style = element.get("type") or "1"
            self.lists.append(_List(tag == "ol", style, _whole(element.get("start"), 1) - 1, len(self.lists)))
        elif tag == "li":
            self.scopes.append((element, self._item(element)))
        elif tag == "dd" and self.lists:
            here = self.lists[-1]
            prefix = ", ".join(here.terms) + " – " if here.terms else ""
            here.terms.clear()
            here.items += 1
            fresh = here.items == 1 and not here.level
            self.scopes.append((element, _Item(prefix, here.level + (not prefix), fresh)))
        elif tag in _HEADINGS or tag == "pre" or (tag == "dt" and self.lists):
            self.scopes.append((element, tag))
        elif tag == "br":
            self.runs.append("\n")
        if element.text:
            self.runs.append(self._spaced(element.text))

    def _close(self, element: Element) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._flush()
        self.inside -= tag in ("main", "article", "section")
        if self.scopes and self.scopes[-1][0] is element:
            scope = self.scopes.pop()[1]
            if isinstance(scope, _Item):
                scope.close()
        if tag in ("ul", "ol", "dl", "menu", "dir"):
            self._terms_alone(self.lists.pop())

    def _item(self, element: Element) -> _Item:
        if not self.lists:
            return _Item("", 0, False)
        here = self.lists[-1]
        here.count = _whole(element.get("value"), here.count + 1)
        here.items += 1
        return _Item(_number(here) if here.ordered else "", here.level, not here.level and here.items == 1)

    def _terms_alone(self, ended: _List) -> None:
        for term in ended.terms:
            self.found.append(Draft(DraftKind.ITEM, term, ended.level))

    def _flush(self) -> None:
        """Turn the running text into what the innermost open element makes of it."""
        text = "".join(self.runs)
        self.runs.clear()
        scope = self.scopes[-1][1] if self.scopes else ""
        if scope != "pre":
            text = re.sub(r" *\n *", "\n", _SPACES_BUT_LINES.sub(" ", text)).strip(" \n")
        if drafts.blank(text):
            return
        if isinstance(scope, _Item):
            self._add_to_item(scope, text)
        elif scope in _HEADINGS:
            self.found.append(Draft(DraftKind.HEADING, text.replace("\n", " "), _HEADINGS[scope]))
        elif scope == "dt":
            self.lists[-1].terms.append(text.replace("\n", " "))
        else:
            self.found.append(Draft(DraftKind.PARAGRAPH, text.strip("\n")))

    def _add_to_item(self, item: _Item, text: str) -> None:
        if item.draft is not None and self.found[-1] is item.draft:
            item.lines.append(text)
            return
        item.close()
        if item.draft is None and not re.match(r"\(?(\d+|[a-z])[.)]", text):
            text = item.prefix + text
        item.draft = Draft(DraftKind.ITEM, text, item.level, fresh=item.fresh and item.draft is None)
        item.lines = [text]
        self.found.append(item.draft)

    def _table(self, element: Element, table: Draft) -> None:
        self._flush()
        for caption in element.findall("caption"):
            self.found.append(Draft(DraftKind.PARAGRAPH, _flat(caption)[0]))
        self.found.append(table)

    def _spaced(self, text: str) -> str:
        """Source line breaks are spaces, except in <pre>; only <br> makes a line."""
        in_pre = self.scopes and self.scopes[-1][1] == "pre"
        return text.replace(drafts.BREAK, " ") if in_pre else _SPACES.sub(" ", text)


_SPACES_BUT_LINES = re.compile(r"[ \t\r\f\v]+")


def _whole(text: str | None, default: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"\s*-?\d{1,6}\s*", text) else default


def _number(here: _List) -> str:
    if here.style in ("a", "A") and here.count > 0:
        letter = chr(ord("a") + (here.count - 1) % 26)
        return f"{letter.upper() if here.style == 'A' else letter}. "
    return f"{here.count}. "


# ── tables ───────────────────────────────────────────────────────────────────────────────────────


def _data_table(table: Element) -> Draft | None:
    """A table of facts; None for one that only arranges the page, whose cells are read as text."""
    if (table.get("role") or "").strip().lower() in ("presentation", "none"):
        return None
    rows = [row for row in _own(table, "tr") if not _reason_to_skip(row, True)]
    cells = [[cell for cell in _own(row, "td", "th") if not _reason_to_skip(cell, True)] for row in rows]
    headed = any(cell.tag == "th" for row in cells for cell in row)
    arranges = table.xpath("boolean(.//table | .//h1 | .//h2 | .//h3 | .//h4 | .//h5 | .//h6)")
    if max(map(len, cells), default=0) < 2 or (arranges and not headed):
        return None
    headers = 0
    for row, own in zip(rows, cells, strict=True):
        if row.getparent().tag != "thead" and not (own and all(cell.tag == "th" for cell in own)):
            break
        headers += 1
    texts, bold = _grid(cells)
    if not headed and not headers:
        headers = drafts.header_rows(texts, bold)
    return Draft(DraftKind.TABLE, rows=texts, headers=min(headers, len(rows) - 1))


def _grid(rows: list[list[Element]]) -> tuple[list[list[str]], bool]:
    """Cells by column, a spanning cell once and "" where it reaches; whether the first row is all bold."""
    texts: list[list[str]] = []
    bold = bool(rows)
    reaching: dict[int, int] = {}  # column -> rows below that a cell above still covers
    for n, row in enumerate(rows):
        line: list[str] = []

        def fill(line: list[str] = line) -> None:
            while reaching.get(len(line), 0):
                reaching[len(line)] -= 1
                line.append("")

        for cell in row:
            fill()
            text, is_bold = _flat(cell)
            bold = bold and (n > 0 or is_bold or not text)
            width = min(max(_whole(cell.get("colspan"), 1), 1), MAX_SPAN)
            height = min(max(_whole(cell.get("rowspan"), 1), 1), MAX_SPAN * 4)
            for column in range(len(line), min(len(line) + width, MAX_SPAN)):
                reaching[column] = height - 1
            line += [text] + [""] * (width - 1)
        fill()
        texts.append(line)
    return texts, bold


def _own(element: Element, *wanted: str) -> list[Element]:
    """Descendants by tag that belong to this table or row, not to one nested in it."""
    found: list[Element] = []
    waiting = list(reversed(element))
    while waiting:
        node = waiting.pop()
        if node.tag in wanted:
            found.append(node)
        elif node.tag in ("thead", "tbody", "tfoot", "form", "colgroup", "center", "span", "font"):
            waiting.extend(reversed(node))
    return found


def _flat(element: Element) -> tuple[str, bool]:
    """All words under an element on one line, list items apart by semicolons; and whether all are bold."""
    from lxml import etree

    runs: list[str] = []
    last = ""  # character that can be seen
    heavy = plain = 0
    skipped: Element = None
    walker = etree.iterwalk(element, events=("start", "end"))
    for event, node in walker:
        text = node.text if event == "start" else node.tail if node is not element else ""
        if event == "start":
            if node is not element and _reason_to_skip(node, True):
                walker.skip_subtree()
                skipped = node
                continue
            heavy += node.tag in ("b", "strong", "th")
            if node.tag == "li" and last.isalnum():
                runs.append(_ITEM_ENDS)
        elif node is not skipped:
            heavy -= node.tag in ("b", "strong", "th")
        if node.tag in _BLOCKS or node.tag == "br":
            runs.append(" ")
        if text and not drafts.blank(text):
            plain += not heavy
            last = text.rstrip()[-1]
        runs.append(text or "")
    return _SPACES.sub(" ", re.sub(rf"\s*{_ITEM_ENDS}", ";", "".join(runs))).strip(" "), not plain


# ── properties ───────────────────────────────────────────────────────────────────────────────────


def _properties(root: Element, content: Element) -> dict[str, str]:
    properties: dict[str, str] = {}
    for meta in root.iter("meta"):
        written = (meta.get("name") or meta.get("property") or "").strip().lower()
        name = _META.get(written) or parsers.field(written)
        value = " ".join((meta.get("content") or "").split())[:300]
        if name and value and name not in properties:
            properties[name] = value
    own = " ".join((root.findtext(".//head/title") or "").split())
    headings = content.xpath("(descendant-or-self::h1)[position() < 3]")
    heading = _flat(headings[0])[0] if len(headings) == 1 else ""
    # "Klastry - OWES Gdańsk": the site's name after the page's own heading is no part of the title
    title = heading if heading and heading in own else own or properties.get("title", "") or heading
    properties["title"] = drafts.sensible_title(title)
    language = (
        root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or properties.get("language", "")
    )
    properties["language"] = drafts.language_code(language)
    return {name: value for name, value in properties.items() if value}
