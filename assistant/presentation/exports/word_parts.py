"""The XML of a Word document: its body's paragraphs and tables, footnotes, styles, lists, settings.

ECMA-376 (5th edition), part 1: footnotes 17.11, numbering 17.9, settings 17.15, custom properties
part 1, 22.3. Elements stand in the schema's order, which Word enforces. Written by hand because python-docx
knows no footnotes and its template brings 400 kB of styles, a thumbnail and somebody's settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from .blocks import Listing
from .outline import Note

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
TYPES = {
    "document": f"{WORD}.document.main+xml",
    "footer": f"{WORD}.footer+xml",
    "footnotes": f"{WORD}.footnotes+xml",
    "numbering": f"{WORD}.numbering+xml",
    "settings": f"{WORD}.settings+xml",
    "styles": f"{WORD}.styles+xml",
    "properties": "application/vnd.openxmlformats-officedocument.custom-properties+xml",
}
PROPERTIES_SET = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"  # the fixed name of user-defined properties
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
EMU = 12700  # of a point
LOCALES = {"pl": "pl-PL", "en": "en-GB"}
BULLETS = 1  # the list every bulleted list belongs to; numbered ones follow

INK, ACCENT, MUTED, LINE, SHADE = "1A1A1A", "1D4F91", "4A4F57", "8A8F98", "E8EDF4"  # text on white: 4.5:1 at least

_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def locale(lang: str) -> str:
    """The language as Word names it; "x-none" (no proofing) for what is no language tag."""
    return LOCALES.get(lang) or (lang if _TAG.fullmatch(lang) else "x-none")


def document(body: str, footer: str, page: tuple[int, int, int]) -> bytes:
    """word/document.xml: one section; `footer` is the relationship of its footer, `page` width, height, margin."""
    return _part("document", f"<w:body>{body}{section(footer, page)}</w:body>")


def section(footer: str, page: tuple[int, int, int], broad: bool = False) -> str:
    """The properties of a section, which stand at its end; `broad`: on landscape pages."""
    width, height, margin = page
    sides = " ".join(f'w:{side}="{margin}"' for side in ("top", "right", "bottom", "left"))
    paper = f'w:w="{height}" w:h="{width}" w:orient="landscape"' if broad else f'w:w="{width}" w:h="{height}"'
    return (
        f'<w:sectPr><w:footerReference w:type="default" r:id="{footer}"/><w:pgSz {paper}/>'
        f'<w:pgMar {sides} w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
    )


def section_break(properties: str) -> str:
    """Ends a section: the next begins on a new page."""
    return f'<w:p><w:pPr><w:pStyle w:val="Break"/>{properties}</w:pPr></w:p>'


def footer(text: str, width: int) -> bytes:
    """word/footer.xml: a line, and the number of the page at the right margin."""
    tab = f'<w:tabs><w:tab w:val="right" w:pos="{width}"/></w:tabs>'
    number = "<w:r><w:tab/></w:r><w:r><w:pgNum/></w:r>"
    return _part("ftr", f'<w:p><w:pPr><w:pStyle w:val="Footer"/>{tab}</w:pPr>{run(text)}{number}</w:p>')


def footnotes(notes: Sequence[Note], lang: str, quoted: str) -> bytes:
    """word/footnotes.xml: the two separators Word wants, then the notes under their own numbers.

    `quoted` is how a quote is set: "„{quote}”". A note in another language than `lang` says so.
    """
    return _part("footnotes", _SEPARATORS + "".join(_footnote(note, lang, quoted) for note in notes))


def numbering(lists: Sequence[Listing]) -> bytes:
    """word/numbering.xml: number 1 is the bullets, number 2 and on are `lists`, each counting from its start."""
    kinds = "".join(_KIND.format(kind=n, form=form, text=text) for n, (form, text) in enumerate(_FORMS, start=1))
    numbers = [f'<w:num w:numId="{BULLETS}"><w:abstractNumId w:val="1"/></w:num>']
    for n, listing in enumerate(lists, start=BULLETS + 1):
        kind = 2 if listing.mark == "." else 3
        start = f'<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{listing.start}"/></w:lvlOverride>'
        numbers.append(f'<w:num w:numId="{n}"><w:abstractNumId w:val="{kind}"/>{start}</w:num>')
    return _part("numbering", kinds + "".join(numbers))


def settings(lang: str) -> bytes:
    """word/settings.xml: current Word, which separators the footnotes use, the language of the user's own typing."""
    return _part("settings", _SETTINGS.format(lang=locale(lang)))


def styles(lang: str, report: bool = False) -> bytes:
    """word/styles.xml: only what the document uses, a report some more."""
    return _part("styles", _DEFAULTS.format(lang=locale(lang)) + "".join(_STYLES + (_REPORT_STYLES if report else ())))


def properties(values: Mapping[str, str]) -> bytes:
    """docProps/custom.xml: what programs may ask of the file."""
    rows = "".join(
        f'<property fmtid="{PROPERTIES_SET}" pid="{pid}" name={quoteattr(name)}>'
        f"<vt:lpwstr>{escape(value)}</vt:lpwstr></property>"
        for pid, (name, value) in enumerate(values.items(), start=2)
    )
    spaces = f'xmlns="{OFFICE}/custom-properties" xmlns:vt="{OFFICE}/docPropsVTypes"'
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties {spaces}>{rows}</Properties>'.encode()


def run(text: str, lang: str = "", style: str = "") -> str:
    """A run of text as XML, lines apart, in its language and character style when it has one."""
    inside = (f'<w:rStyle w:val="{style}"/>' if style else "") + (_language(lang) if lang else "")
    looks = f"<w:rPr>{inside}</w:rPr>" if inside else ""
    lines = (f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n"))
    return f"<w:r>{looks}{'<w:br/>'.join(lines)}</w:r>"


def paragraph(runs: str, style: str = "", number: int = 0) -> str:
    """A paragraph; `number` is the list it belongs to."""
    inside = f'<w:pStyle w:val="{style}"/>' if style else ""
    inside += f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>' if number else ""
    return f"<w:p>{f'<w:pPr>{inside}</w:pPr>' if inside else ''}{runs}</w:p>"


def table(
    rows: Sequence[Sequence[str]], widths: Sequence[int], headed: bool, caption: str = "", numbers: Sequence[int] = ()
) -> str:
    """A table of cells' runs; `headed`: the first row is its header, said again on every page.

    `caption` is for those who do not see it; `numbers` are the columns set to the right.
    """
    told = f"<w:tblCaption w:val={quoteattr(caption)}/>" if caption else ""
    look = f'<w:tblLook w:val="{"0020" if headed else "0000"}" w:firstRow="{int(headed)}" w:noHBand="1" w:noVBand="1"/>'
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    lines = "".join(
        f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if headed and place == 0 else ''}</w:trPr>"
        + "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
            f"{paragraph(cell, 'Amount' if n in numbers else 'Cell')}</w:tc>"
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + "</w:tr>"
        for place, row in enumerate(rows)
    )
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="Rows"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>{look}{told}</w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{lines}</w:tbl>"
    )


def picture(relation: str, n: int, points: tuple[float, float], alternative: str) -> str:
    """A run with the picture of a relationship; `n` counts the document's pictures, `points` are width and height."""
    across, up = (round(one * EMU) for one in points)
    size = f'cx="{across}" cy="{up}"'
    name = f'id="{n}" name="picture{n}.png"'
    return (
        f'<w:r><w:drawing><wp:inline xmlns:wp="{DRAWING}/wordprocessingDrawing">'
        f"<wp:extent {size}/><wp:docPr {name} descr={quoteattr(alternative)}/><wp:cNvGraphicFramePr/>"
        f'<a:graphic xmlns:a="{DRAWING}/main"><a:graphicData uri="{DRAWING}/picture">'
        f'<pic:pic xmlns:pic="{DRAWING}/picture"><pic:nvPicPr><pic:cNvPr {name}/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
        f"</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def reference(n: int) -> str:
    """The mark of a footnote, bookmarked so that it can be led back to."""
    mark = f'<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteReference w:id="{n}"/></w:r>'
    return f'<w:bookmarkStart w:id="{n}" w:name="note_{n}"/>{mark}<w:bookmarkEnd w:id="{n}"/>'


def reference_again(n: int) -> str:
    """The number of a footnote whose mark stands earlier."""
    return f'<w:hyperlink w:anchor="note_{n}">{run(str(n), style="FootnoteReference")}</w:hyperlink>'


def _language(lang: str) -> str:
    return f"<w:lang w:val={quoteattr(locale(lang))}/>"


def _part(root: str, inside: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return f'{head}<w:{root} xmlns:w="{W}" xmlns:r="{OFFICE}/relationships">{inside}</w:{root}>'.encode()


def _footnote(note: Note, lang: str, quoted: str) -> str:
    before, after = quoted.format(quote="\0").split("\0")
    other = note.lang if note.lang != lang else ""
    where = f", {note.where}. " if note.where else ". "
    said = [run(" "), run(note.title, other, "NoteTitle"), run(where + before)]
    said += [run(note.quote, other), run(after)]
    return (
        f'<w:footnote w:id="{note.n}"><w:p><w:pPr><w:pStyle w:val="FootnoteText"/></w:pPr>'
        f'<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r>{"".join(said)}'
        "</w:p></w:footnote>"
    )


_SEPARATORS = "".join(
    f'<w:footnote w:type="{kind}" w:id="{number}"><w:p><w:pPr><w:spacing w:after="0" w:line="240" '
    f'w:lineRule="auto"/></w:pPr><w:r><w:{kind}/></w:r></w:p></w:footnote>'
    for number, kind in ((-1, "separator"), (0, "continuationSeparator"))
)

_FORMS = (("bullet", "•"), ("decimal", "%1."), ("decimal", "%1)"))
_KIND = (
    '<w:abstractNum w:abstractNumId="{kind}"><w:multiLevelType w:val="singleLevel"/>'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/>'
    '<w:pPr><w:ind w:left="454" w:hanging="454"/></w:pPr></w:lvl></w:abstractNum>'
)

_SETTINGS = (
    '<w:zoom w:percent="100"/><w:defaultTabStop w:val="708"/><w:characterSpacingControl w:val="doNotCompress"/>'
    '<w:footnotePr><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr>'
    '<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" '
    'w:val="15"/></w:compat><w:themeFontLang w:val="{lang}"/>'
)

_DEFAULTS = (
    '<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Calibri" '
    f'w:cs="Calibri"/><w:color w:val="{INK}"/><w:sz w:val="22"/><w:szCs w:val="22"/>'
    '<w:lang w:val="{lang}" w:eastAsia="{lang}" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
    '<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
    "</w:docDefaults>"
)


_BUILT_IN = (
    "Title",
    "Subtitle",
    "heading 1",
    "heading 2",
    "caption",
    "List Paragraph",
    "footer",
    "footnote text",
    "footnote reference",
)


def _style(
    identity: str, name: str, paragraph: str = "", letters: str = "", after: str = "", kind: str = "paragraph"
) -> str:
    """A style based on Normal (a character style on nothing); `after` names the style of the next paragraph."""
    based = '<w:basedOn w:val="Normal"/>' if kind == "paragraph" else ""
    following = f'<w:next w:val="{after}"/>' if after else ""
    inside = (f"<w:pPr>{paragraph}</w:pPr>" if paragraph else "") + (f"<w:rPr>{letters}</w:rPr>" if letters else "")
    own = "" if name in _BUILT_IN else ' w:customStyle="1"'
    return (
        f'<w:style w:type="{kind}"{own} w:styleId="{identity}"><w:name w:val="{name}"/>{based}{following}'
        f"<w:qFormat/>{inside}</w:style>"
    )


def _letters(size: int = 0, colour: str = "", bold: bool = False, italic: bool = False) -> str:
    """Size in half points."""
    return (
        ("<w:b/>" if bold else "")
        + ("<w:i/>" if italic else "")
        + (f'<w:color w:val="{colour}"/>' if colour else "")
        + (f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>' if size else "")
    )


def _spacing(before: int, after: int) -> str:
    """Twentieths of a point."""
    return f'<w:spacing w:before="{before}" w:after="{after}"/>'


_RULE = f'<w:pBdr><w:left w:val="single" w:sz="18" w:space="8" w:color="{ACCENT}"/></w:pBdr>'
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{LINE}"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_STYLES: tuple[str, ...] = (
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>',
    '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
    '<w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/><w:semiHidden/></w:style>',
    '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
    '<w:uiPriority w:val="99"/><w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar>'
    '<w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/>'
    '<w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>',
    '<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/><w:semiHidden/></w:style>',
    _style("Title", "Title", "<w:keepNext/>" + _spacing(0, 40), _letters(40, ACCENT, bold=True), "Subtitle"),
    _style("Subtitle", "Subtitle", _spacing(0, 200), _letters(22, MUTED), "Normal"),
    _style("Statement", "Statement", _RULE + '<w:spacing w:after="240"/><w:ind w:left="200"/>', _letters(20)),
    _style(
        "Heading1",
        "heading 1",
        f'<w:keepNext/><w:keepLines/>{_spacing(360, 60)}<w:outlineLvl w:val="0"/>',
        _letters(28, ACCENT, bold=True),
        "Normal",
    ),
    _style("Question", "Question", _RULE + '<w:ind w:left="200"/>', _letters(italic=True)),
    _style("Status", "Status", "<w:keepNext/>", _letters(20, MUTED)),
    _style("Remark", "Remark", "", _letters(20, MUTED, italic=True)),
    _style("Source", "Source", _spacing(80, 160), _letters(20, MUTED)),
    _style("Lead", "Lead", "<w:keepNext/>"),
    _style("ListParagraph", "List Paragraph", _spacing(0, 80)),
    _style("Cell", "Cell", _spacing(40, 40), _letters(20)),
    _style("Footer", "footer", "", _letters(18, MUTED)),
    _style("FootnoteText", "footnote text", '<w:spacing w:after="40" w:line="240" w:lineRule="auto"/>', _letters(18)),
    _style("FootnoteReference", "footnote reference", "", '<w:vertAlign w:val="superscript"/>', kind="character"),
    _style("NoteTitle", "Note Title", "", _letters(bold=True), kind="character"),
    '<w:style w:type="table" w:customStyle="1" w:styleId="Rows"><w:name w:val="Rows"/><w:basedOn w:val="TableNormal"/>'
    f"<w:tblPr><w:tblBorders>{_BORDERS}</w:tblBorders></w:tblPr>"
    f'<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:shd w:val="clear" w:color="auto" '
    f'w:fill="{SHADE}"/></w:tcPr></w:tblStylePr></w:style>',
)
_BOX = "".join(
    f'<w:{side} w:val="single" w:sz="8" w:space="6" w:color="{MUTED}"/>' for side in ("top", "left", "bottom", "right")
)
_REPORT_STYLES: tuple[str, ...] = (
    _style(
        "Heading2",
        "heading 2",
        f'<w:keepNext/><w:keepLines/>{_spacing(240, 60)}<w:outlineLvl w:val="1"/>',
        _letters(24, bold=True),
        "Normal",
    ),
    _style("Kind", "Kind", "<w:keepNext/>" + _spacing(2400, 0), "<w:b/><w:caps/>" + _letters(22, MUTED), "Title"),
    _style("Caption", "caption", "<w:keepNext/>" + _spacing(160, 60), _letters(20, MUTED, bold=True)),
    _style("Amount", "Amount", _spacing(40, 40) + '<w:jc w:val="right"/>', _letters(20)),
    _style("Caution", "Caution", _RULE + '<w:ind w:left="200"/>', _letters(20)),
    _style("Figure", "Figure", _spacing(120, 120) + '<w:jc w:val="center"/>'),
    _style("Label", "Label", "<w:keepNext/>" + _spacing(120, 60), _letters(20, MUTED, bold=True)),
    _style(
        "Draft",
        "Draft",
        f'<w:pBdr>{_BOX}</w:pBdr><w:shd w:val="clear" w:color="auto" w:fill="F6F7F9"/><w:spacing w:after="0"/>'
        '<w:ind w:left="170" w:right="170"/>',
    ),
    _style("Break", "Break", '<w:spacing w:after="0" w:line="20" w:lineRule="exact"/>', _letters(2)),
)
