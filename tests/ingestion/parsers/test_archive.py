"""What may not come in as an Office file, and why."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import office_samples as made
import pytest
from office_samples import R, p

from assistant.config import IngestionSettings
from assistant.errors import AssistantError, DangerousDocument, EncryptedDocument, UnreadableDocument
from assistant.ingestion.parsers import archive

LIMITS = IngestionSettings(unpacked_mb=8, archive_entries=100)
GOOD = made.docx(p("Ala ma kota."))
OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")
MEGABYTE = b"0" * (1 << 20)


def check(folder: Path, content: bytes, kind: archive.Kind = archive.Kind.WORD) -> archive.Package:
    return archive.check(made.write(folder, "a.docx", content), LIMITS, kind)


def with_relation(relation: str, part: str = "word/_rels/settings.xml.rels") -> bytes:
    return made.with_files(GOOD, {part: made.relationships(relation)})


def external(type_: str, target: str) -> bytes:
    return with_relation(f"<Relationship Id='x' Type='{R}/{type_}' Target='{target}' TargetMode='External'/>")


def with_part(xml: bytes, name: str = "word/comments.xml") -> bytes:
    return made.with_files(GOOD, {name: xml})


def typed(main_type: str, more: str = "") -> bytes:
    return made.with_files(GOOD, {"[Content_Types].xml": made.content_types(main_type, "/word/document.xml", more)})


def zip64_directory() -> bytes:
    """A short record that hides a zip64 one with a directory of a gigabyte."""
    end = GOOD.rfind(b"PK\x05\x06")
    record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 5, 5, 1 << 30, 0)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, end, 1)
    return GOOD[:end] + record + locator + GOOD[end:]


LAUGHS = b"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><l>&b;</l>"
XXE = b"<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><d>&x;</d>"
MACRO = "application/vnd.ms-word.document.macroEnabled.main+xml"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"

REFUSED = {
    "nothing": (b"", UnreadableDocument, "empty_file"),
    "a program": (b"MZ" + b"\0" * 100, UnreadableDocument, "wrong_type"),
    "a program with a document at its end": (b"MZ" + b"\0" * 100 + GOOD, UnreadableDocument, "wrong_type"),
    "a zip of something else": (made.zipped({"a.txt": "x"}), UnreadableDocument, "wrong_type"),
    "a sheet renamed": (typed(SHEET), UnreadableDocument, "wrong_type"),
    "slides renamed": (typed(SLIDES), UnreadableDocument, "wrong_type"),
    "cut short": (GOOD[:-40], UnreadableDocument, "damaged_archive"),
    "cut in half": (GOOD[: len(GOOD) // 2], UnreadableDocument, "damaged_archive"),
    "an encrypted document": (OLE2 + b"\0" * 600, EncryptedDocument, "password"),
    "an old .doc": (OLE2 + "WordDocument".encode("utf-16-le"), UnreadableDocument, "old_format"),
    "an encrypted entry": (made.with_flag(GOOD, 1), EncryptedDocument, "password"),
    "one huge part": (with_part(b" " * (9 << 20)), DangerousDocument, "unpacked_size"),
    "many large parts": (
        made.with_files(GOOD, {f"word/media/{n}.bin": MEGABYTE for n in range(9)}),
        DangerousDocument,
        "unpacked_size",
    ),
    "a size that lies": (made.with_lying_size(GOOD, "word/document.xml"), UnreadableDocument, "damaged_archive"),
    "too many entries": (made.crowded(200), DangerousDocument, "too_many_entries"),
    "a directory of a gigabyte": (zip64_directory(), DangerousDocument, "too_many_entries"),
    "entries over each other": (made.with_overlap(GOOD), DangerousDocument, "overlapping_entries"),
    "one name twice": (made.with_duplicate(GOOD), DangerousDocument, "entry_names"),
    "a name that climbs": (made.with_files(GOOD, {"word/../../x": "x"}), DangerousDocument, "entry_names"),
    "a name from the root": (made.with_files(GOOD, {"/etc/x": "x"}), DangerousDocument, "entry_names"),
    "a name with a drive": (made.with_files(GOOD, {"C:\\x": "x"}), DangerousDocument, "entry_names"),
    "an archive in the archive": (
        made.with_files(GOOD, {"word/media/a.png": GOOD}),
        DangerousDocument,
        "nested_archive",
    ),
    "billion laughs": (with_part(LAUGHS), DangerousDocument, "xml_dtd"),
    "a foreign entity": (with_part(XXE, "word/document.xml"), DangerousDocument, "xml_dtd"),
    "an entity in the core properties": (with_part(XXE, "docProps/core.xml"), DangerousDocument, "xml_dtd"),
    "an entity in the relations": (with_part(XXE, "word/_rels/document.xml.rels"), DangerousDocument, "xml_dtd"),
    "an entity in the content types": (with_part(XXE, "[Content_Types].xml"), DangerousDocument, "xml_dtd"),
    "an entity in UTF-16": (with_part(XXE.decode().encode("utf-16")), DangerousDocument, "xml_dtd"),
    "an entity in big UTF-16": (with_part(XXE.decode().encode("utf-16-be")), DangerousDocument, "xml_dtd"),
    "an entity across two chunks": (
        with_part(b"<!--" + b" " * (archive.CHUNK - 10) + b"-->" + XXE),
        DangerousDocument,
        "xml_dtd",
    ),
    "an entity in UTF-7": (
        with_part(b"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE"),
        UnreadableDocument,
        "xml_encoding",
    ),
    "an entity in UTF-32": (with_part(XXE.decode().encode("utf-32")), UnreadableDocument, "xml_encoding"),
    "an entity in EBCDIC": (
        with_part(("<?xml version='1.0'?>" + XXE.decode()).encode("cp037")),
        UnreadableDocument,
        "xml_encoding",
    ),
    "an entity in a part with another ending": (
        made.with_files(
            typed(made.WORD_MAIN, "<Override PartName='/word/x.bin' ContentType='application/xml'/>"),
            {"word/x.bin": XXE},
        ),
        DangerousDocument,
        "xml_dtd",
    ),
    "macros": (made.with_files(GOOD, {"word/vbaProject.bin": "x"}), DangerousDocument, "macro"),
    "a .docm renamed": (typed(MACRO), DangerousDocument, "macro"),
    "a template on the web": (
        external("attachedTemplate", "https://x.example/t.dotm"),
        DangerousDocument,
        "remote_template",
    ),
    "a template on a share": (external("attachedTemplate", "\\\\host\\t.dotm"), DangerousDocument, "remote_template"),
    "a template on a share, as an address": (
        external("attachedTemplate", "file://host/t.dotm"),
        DangerousDocument,
        "remote_template",
    ),
    "a template on a share, encoded": (
        external("attachedTemplate", "file:///%5c%5chost/t"),
        DangerousDocument,
        "remote_template",
    ),
    "an object on the web": (external("oleObject", "mhtml:http://x.example/a"), DangerousDocument, "remote_template"),
    "relations that are no XML": (
        made.with_files(GOOD, {"word/_rels/document.xml.rels": "<a"}),
        UnreadableDocument,
        "damaged_xml",
    ),
}


@pytest.mark.parametrize(("content", "kind", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused_with_its_reason(tmp_path: Path, content: bytes, kind: type[AssistantError], reason: str) -> None:
    with pytest.raises(AssistantError) as caught:
        check(tmp_path, content)
    assert (type(caught.value), caught.value.details["reason"]) == (kind, reason)


def test_a_small_file_that_unpacks_to_much_is_a_bomb_below_the_size_limit_too(tmp_path: Path) -> None:
    path = made.write(tmp_path, "a.docx", with_part(b" " * (12 << 20)))
    with pytest.raises(DangerousDocument, match="unpacked_ratio"):
        archive.check(path, IngestionSettings(), archive.Kind.WORD)


EMBEDDING = {"word/embeddings/a.xlsx": GOOD, "word/charts/chart1.xml": "<c/>"}
PACKAGE = made.relationships(f"<Relationship Id='x' Type='{R}/package' Target='../embeddings/a.xlsx'/>")

ACCEPTED = {
    "an ordinary file": (GOOD, {}),
    "links": (external("hyperlink", "https://x.example"), {}),
    "a template on the author's own disk": (external("attachedTemplate", "file:///C:\\Users\\Anna\\Normal.dotm"), {}),
    "a template by its name": (external("attachedTemplate", "Firmowy.dotx"), {}),
    "pictures on the web are never fetched": (external("image", "https://x.example/a.png"), {"linked_media": 1}),
    "an embedded object is not read": (
        with_relation(f"<Relationship Id='x' Type='{R}/oleObject' Target='embeddings/a.bin'/>"),
        {"embedded_object": 1},
    ),
    "the sheet behind a chart is at home": (
        made.with_files(GOOD, EMBEDDING | {"word/charts/_rels/chart1.xml.rels": PACKAGE}),
        {},
    ),
    "repetitive markup is no bomb": (with_part(b"<a>" + b"<b/>" * (1 << 20) + b"</a>"), {}),
    "a picture's own DOCTYPE is not ours": (
        made.with_files(
            typed(made.WORD_MAIN, "<Default Extension='svg' ContentType='image/svg+xml'/>"), {"word/media/a.svg": XXE}
        ),
        {},
    ),
    "parts in UTF-16": (with_part("<?xml version='1.0' encoding='UTF-16'?><a/>".encode("utf-16")), {}),
}


@pytest.mark.parametrize(("content", "warnings"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted_with_what_is_worth_saying(tmp_path: Path, content: bytes, warnings: dict[str, int]) -> None:
    package = check(tmp_path, content)
    assert {warning.code: warning.details["count"] for warning in package.warnings} == warnings
    assert package.main == "word/document.xml"


def test_relations_lead_from_part_to_part(tmp_path: Path) -> None:
    package = check(tmp_path, GOOD)
    assert package.related(package.main, "styles") == "word/styles.xml"
    assert package.related("", "officeDocument") == "word/document.xml"
    assert package.related(package.main, "theme") is None


def test_millions_of_entries_are_refused_before_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed(*_: object) -> None:
        raise AssertionError("the directory was read")

    content = made.crowded(5_000)
    monkeypatch.setattr(zipfile.ZipFile, "__init__", listed)
    with pytest.raises(DangerousDocument, match="too_many_entries"):
        check(tmp_path, content)
