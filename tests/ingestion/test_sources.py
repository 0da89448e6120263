import io
import os
import shutil
import zipfile

import pytest

from assistant.config import IngestionSettings
from assistant.domain.documents import Outcome, Verdict
from assistant.errors import CorpusMissing, UnreadableDocument
from assistant.ingestion.sources import SourceFile, digest, find, refusal

SETTINGS = IngestionSettings(max_file_mb=1)


def archive(*names):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return raw.getvalue()


DOCX = archive("[Content_Types].xml", "word/document.xml")
PPTX = archive("[Content_Types].xml", "ppt/presentation.xml")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def seen(corpus, **options):
    """path -> kind of a source, or error and reason of a refusal, or the outcome of another verdict."""
    found = {}
    for one in find(corpus, SETTINGS, **options):
        if isinstance(one, SourceFile):
            found[one.path] = one.kind
        else:
            found[one.path] = (one.error, one.details["reason"]) if one.error else one.outcome.value
    return found


@pytest.mark.parametrize(
    ("name", "raw", "kind"),
    [
        ("a.pdf", b"%PDF-1.7\n", "pdf"),
        ("a.PDF", b"junk\n%PDF-1.7\n", "pdf"),
        ("a.docx", DOCX, "docx"),
        ("a.docx", b"junk before" + DOCX, "type_mismatch"),
        ("a.pptx", PPTX, "pptx"),
        ("a.html", b"<!DOCTYPE html><p>a", "html"),
        ("a.htm", b"\xef\xbb\xbf<!-- x --> <HTML>", "html"),
        ("a.xhtml", b'<?xml version="1.0"?><html xmlns="x">', "html"),
        ("a.html", b"<p>a", "html"),
        ("a.md", "# Żółć".encode(), "markdown"),
        ("a.md", "# Żółć".encode("utf-16"), "markdown"),
        ("a.txt", "zażółć gęślą jaźń".encode("utf-16-le"), "text"),
        ("a.txt", "zażółć".encode("cp1250"), "text"),
        ("a.txt", b"MZ to skr\xc3\xb3t", "text"),
        ("a.txt", b"jeden\x00bajt", "text"),
        ("a.md", b"Pliki PDF zaczynaja sie od %PDF-1.7", "markdown"),
        ("a.pdf", DOCX, "type_mismatch"),
        ("a.docx", PPTX, "type_mismatch"),
        ("a.docx", archive("word/document.xml"), "type_mismatch"),
        ("a.docx", archive("[Content_Types].xml", "password/x"), "type_mismatch"),
        ("a.docx", b"PK\x03\x04" + bytes(100), "type_mismatch"),
        ("a.docx", archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "macro"),
        ("a.docm", DOCX, "macro"),
        ("a.docx", OLE, "type_mismatch"),
        ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("a.pdf", b"MZ\x90\x00\x03" + bytes(200), "type_mismatch"),
        ("a.md", b"MZ\x90\x00\x03" + bytes(200), "type_mismatch"),
        ("a.txt", b"\x89PNG\r\n\x1a\n", "type_mismatch"),
        ("a.txt", bytes(range(256)) * 20, "type_mismatch"),
        ("a.txt", b"\xff\xfe" + bytes(range(256)) * 20, "type_mismatch"),
        ("a.txt", b"<!doctype html><script>", "type_mismatch"),
        ("a.md", b'<svg onload="x">', "type_mismatch"),
        ("a.html", b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "x">]>', "type_mismatch"),
        ("a.html", b"%PDF-1.7", "type_mismatch"),
        ("a.doc", OLE, "unsupported_type"),
        ("a.odt", archive("mimetype"), "unsupported_type"),
        ("a.rtf", b"{\\rtf1", "unsupported_type"),
        ("a.exe", b"MZ", "unsupported_type"),
        ("bez rozszerzenia", b"tekst", "unsupported_type"),
        ("inny.toml", b"a = 1", "unsupported_type"),
        ("a.pdf", b"", "empty"),
        ("a.md", b"", "empty"),
        ("a.txt", b"a" * 1_000_001, "too_large"),
    ],
)
def test_name_and_bytes_must_agree(tmp_path, name, raw, kind):
    (tmp_path / name).write_bytes(raw)
    ((path, found),) = seen(tmp_path).items()
    assert path == name
    assert found == kind or found[1] == kind


def test_files_come_sorted_with_their_identity(tmp_path):
    for name in ("b.md", "a/z.md", "a/ą.md", "C.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    found = list(find(tmp_path, SETTINGS))
    assert [one.path for one in found] == ["C.md", "a/z.md", "a/ą.md", "b.md"]
    assert found[0].sha256 == digest(tmp_path / "C.md")
    assert found[0].size == 4
    assert found[0].absolute.read_text() == "C.md"


@pytest.mark.parametrize(
    "name", ["ze spacją.md", "żółć.md", '"cudzy\'słów".md', "dwa\nwiersze.md", "-rf.md", "a.b.c.md", "%2e.md"]
)
def test_odd_names_work(tmp_path, name):
    (tmp_path / name).write_text("tekst")
    assert seen(tmp_path) == {name: "markdown"}


def test_a_name_that_is_no_unicode_is_shown_with_escapes(tmp_path):
    with open(os.fsencode(tmp_path) + b"/a\xff.md", "w") as file:
        file.write("tekst")
    (one,) = find(tmp_path, SETTINGS)
    assert one.path == "a\\xff.md"
    assert one.absolute.read_text() == "tekst"


def test_hidden_files_the_glossary_and_side_files_are_passed_over(tmp_path):
    for name in (
        ".git/a.md",
        ".a.md",
        "~$a.docx",
        "glossary.toml",
        "a.md",
        "a.md.toml",
        "b.pdf.toml",
        "sub/c.txt",
        "sub/c.toml",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert seen(tmp_path) == {
        "a.md": "markdown",
        "b.pdf.toml": ("document_unreadable", "unsupported_type"),
        "sub/c.txt": "text",
    }
    assert {
        one.path: one.side and one.side.name for one in find(tmp_path, SETTINGS) if isinstance(one, SourceFile)
    } == {
        "a.md": "a.md.toml",
        "sub/c.txt": "c.toml",
    }


def test_links_are_followed_only_inside_the_corpus(tmp_path):
    outside = tmp_path / "outside"
    corpus = tmp_path / "corpus"
    (corpus / "sub").mkdir(parents=True)
    outside.mkdir()
    (outside / "tajne.md").write_text("tajne")
    (corpus / "sub/a.md").write_text("tekst")
    (corpus / "z.md").symlink_to("sub/a.md")
    (corpus / "out.md").symlink_to(outside / "tajne.md")
    (corpus / "up").symlink_to(outside)
    (corpus / "again").symlink_to("sub")
    (corpus / "self").symlink_to(".")
    (corpus / "loop.md").symlink_to("pool.md")
    (corpus / "pool.md").symlink_to("loop.md")
    (corpus / "gone.md").symlink_to("nowhere.md")
    assert seen(corpus) == {
        "gone.md": ("document_unreadable", "broken_link"),
        "loop.md": ("document_unreadable", "broken_link"),
        "out.md": ("document_dangerous", "outside_corpus"),
        "pool.md": ("document_unreadable", "broken_link"),
        "sub/a.md": "markdown",
        "up": ("document_dangerous", "outside_corpus"),
        "z.md": "indexed_with_warnings",
    }


def test_the_corpus_itself_may_be_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.md").write_text("a")
    (tmp_path / "link").symlink_to("real")
    assert seen(tmp_path / "link") == {"a.md": "markdown"}


def test_the_same_bytes_are_one_document(tmp_path):
    (tmp_path / "a.md").write_text("tekst")
    (tmp_path / "b.md").write_text("tekst")
    first, second = find(tmp_path, SETTINGS)
    assert isinstance(second, Verdict)
    assert (second.outcome, second.document_id) == (Outcome.WARNED, first.sha256)
    assert [(w.code, w.details) for w in second.warnings] == [("duplicate_of", {"path": "a.md"})]


def test_a_file_that_changes_once_while_it_is_read_is_read_again(tmp_path):
    (tmp_path / "a.md").write_text("stare")
    changes = iter([True, False])

    def changing(file):
        if next(changes):
            file.write_text("nowsze")
        return digest(file)

    (one,) = find(tmp_path, SETTINGS, digest=changing)
    assert one.sha256 == digest(tmp_path / "a.md")


def test_a_file_that_keeps_changing_is_refused(tmp_path):
    (tmp_path / "a.md").write_text("a")

    def growing(file):
        with file.open("a") as stream:
            stream.write("b")
        return "0" * 64

    assert seen(tmp_path, digest=growing) == {"a.md": ("document_unreadable", "changed")}


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(PermissionError(), "permission"), (FileNotFoundError(), "changed"), (OSError(5, "I/O"), "io")],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, failure, reason):
    (tmp_path / "a.md").write_text("a")

    def failing(file):
        raise failure

    assert seen(tmp_path, digest=failing) == {"a.md": ("document_unreadable", reason)}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_permissions_are_respected(tmp_path):
    (tmp_path / "a.md").write_text("a")
    (tmp_path / "a.md").chmod(0)
    (tmp_path / "b").mkdir(mode=0)
    assert seen(tmp_path) == dict.fromkeys(["a.md", "b"], ("document_unreadable", "permission"))
    (tmp_path / "b").chmod(0o700)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv")
def test_permissions_are_respected_by_a_plain_user(tmp_path):
    import subprocess
    import sys

    corpus = tmp_path / "c"
    corpus.mkdir()
    (corpus / "a.md").write_text("a")
    (corpus / "a.md").chmod(0)
    (corpus / "b").mkdir(mode=0)
    for folder in (corpus, *list(corpus.parents)[:-2]):
        folder.chmod(0o755)
    script = (
        "import os, sys; from assistant.ingestion.sources import find; from assistant.config import IngestionSettings;"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534);"
        "seen = find(__import__('pathlib').Path(sys.argv[1]), IngestionSettings());"
        "print([(v.path, v.details['reason']) for v in seen])"
    )
    out = subprocess.run([sys.executable, "-c", script, corpus], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[('a.md', 'permission'), ('b', 'permission')]"


def test_what_is_no_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "rura.md")
    assert seen(tmp_path) == {"rura.md": ("document_unreadable", "not_a_file")}


def test_very_deep_folders_are_walked(tmp_path):
    deep = tmp_path
    for _ in range(300):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "a.md").write_text("a")
    assert list(seen(tmp_path).values()) == ["markdown"]


@pytest.mark.parametrize("name", ["nie ma", "plik"])
def test_a_corpus_that_is_no_folder_is_an_error(tmp_path, name):
    (tmp_path / "plik").write_text("")
    with pytest.raises(CorpusMissing):
        list(find(tmp_path / name, SETTINGS))


def test_an_empty_corpus_gives_nothing(tmp_path):
    assert seen(tmp_path) == {}


def test_a_refusal_keeps_what_the_error_tells():
    verdict = refusal(UnreadableDocument(path="a.md", reason="too_large", megabytes=3))
    assert (verdict.path, verdict.outcome, verdict.error) == ("a.md", Outcome.REFUSED, "document_unreadable")
    assert verdict.details == {"path": "a.md", "reason": "too_large", "megabytes": 3}
