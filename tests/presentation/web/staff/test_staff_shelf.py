"""Documents get into the corpus and out of it under names of ours, and nothing else on the disk is touched."""

import json
import os
import tomllib
from pathlib import Path

import pytest

from assistant.config import IngestionSettings
from assistant.domain.documents import Outcome, Verdict, Warning_
from assistant.errors import NotThere
from assistant.ingestion import sources
from assistant.presentation.web.staff.shelf import NOTE, Examined, Piece, Shelf, side_of, write_side

FIELDS = {"title": "Regulamin", "language": "pl", "edition": "2026"}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    (tmp_path / "corpus" / "pl").mkdir(parents=True)
    (tmp_path / "corpus" / "pl" / "stary.md").write_text("# Stary\n", encoding="utf-8")
    (tmp_path / "tajne.md").write_text("tajne", encoding="utf-8")
    return Shelf(tmp_path / "corpus", tmp_path / "data")


def arrived(shelf: Shelf, name: str = "Regulamin.md", text: str = "# Regulamin\n\nTreść.\n"):
    file = shelf.corpus.parent / "arrived"
    file.write_text(text, encoding="utf-8")
    return shelf.receive(file, name, "ola")


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\windows\\win.ini",
        "a/b/c.md",
        "x.md\0.pdf",
        "C:evil.pdf:stream",
        "\\\\host\\share\\x.docx",
        ".." * 50,
        "ż" * 300 + ".md",
        "\u202efdp.exe",
        "",
        ".env",
        "CON.md",
    ],
)
def test_a_name_a_person_gave_is_never_a_place(shelf: Shelf, name: str) -> None:
    before = set(shelf.corpus.parent.rglob("*"))
    upload = arrived(shelf, name)
    new = set(shelf.corpus.parent.rglob("*")) - before
    assert all(path.resolve().is_relative_to(shelf.data.resolve()) for path in new)
    (file,) = (path for path in shelf.folder(upload.id).iterdir() if path.name != NOTE)
    assert file.stem == "dokument" or file.name == "dokument"
    path = shelf.path_for(name, name, upload.suffix)
    assert not path.startswith(("/", "."))
    assert ".." not in path
    assert "\\" not in path
    assert path.count("/") <= 1


@pytest.mark.parametrize(
    "identity", ["", ".", "..", "../../corpus", "a" * 21, "a" * 22 + "/", "%2e%2e", "a\0" * 11, None, "ą" * 22]
)
def test_an_id_that_is_none_finds_nothing(shelf: Shelf, identity: str) -> None:
    with pytest.raises(NotThere):
        shelf.upload(identity)
    with pytest.raises(NotThere):
        shelf.discard(identity)


@pytest.mark.parametrize(
    "path",
    [
        "../tajne.md",
        "pl/../../tajne.md",
        "/etc/passwd",
        "pl//stary.md",
        ".ukryty.md",
        "pl/.ukryty.md",
        "glossary.toml",
        "pl/stary.md.toml",
        "pl\\stary.md",
        "pl/stary.md\0",
        "link.md/../../tajne.md",
        "out/tajne.md",
        "",
        ".",
        "pl",
    ],
)
def test_only_documents_of_the_corpus_are_removed(shelf: Shelf, path: str) -> None:
    (shelf.corpus / "glossary.toml").write_text("", encoding="utf-8")
    os.symlink(shelf.corpus.parent, shelf.corpus / "out")
    with pytest.raises(NotThere):
        shelf.remove(path)
    assert (shelf.corpus.parent / "tajne.md").exists()
    assert (shelf.corpus / "pl" / "stary.md").exists()
    assert (shelf.corpus / "glossary.toml").exists()


def test_a_link_in_the_corpus_is_removed_and_not_what_it_leads_to(shelf: Shelf) -> None:
    os.symlink(shelf.corpus.parent / "tajne.md", shelf.corpus / "link.md")
    shelf.remove("link.md")
    assert not os.path.lexists(shelf.corpus / "link.md")
    assert (shelf.corpus.parent / "tajne.md").read_text() == "tajne"


def test_publishing_moves_the_file_with_what_the_staff_say_of_it(shelf: Shelf) -> None:
    upload = arrived(shelf)
    shelf.describe(upload, FIELDS)
    path = shelf.path_for("Regulamin Żłobka, wyd. 2!", "pl", upload.suffix)
    shelf.publish(upload, path)
    assert path == "pl/regulamin-zlobka-wyd-2.md"
    assert (shelf.corpus / path).read_text().startswith("# Regulamin")
    assert tomllib.loads(side_of(shelf.corpus / path).read_text(encoding="utf-8")) == FIELDS
    assert shelf.uploads() == []
    assert not list(shelf.corpus.rglob(".*"))
    found = {item.path: item.side for item in sources.find(shelf.corpus, IngestionSettings())}  # type: ignore[union-attr]
    assert found[path] == side_of(shelf.corpus / path).resolve()


def test_another_document_is_only_replaced_when_asked_to(shelf: Shelf) -> None:
    upload = arrived(shelf)
    with pytest.raises(FileExistsError):
        shelf.publish(upload, "pl/stary.md")
    assert (shelf.corpus / "pl" / "stary.md").read_text() == "# Stary\n"
    assert shelf.upload(upload.id) == upload
    shelf.publish(upload, "pl/stary.md", over=True)
    assert (shelf.corpus / "pl" / "stary.md").read_text().startswith("# Regulamin")
    (kept,) = (shelf.data / "removed").glob("*/pl/stary.md")
    assert kept.read_text() == "# Stary\n"


def test_a_published_name_taken_by_a_link_is_taken(shelf: Shelf) -> None:
    os.symlink(shelf.corpus.parent / "nowhere.md", shelf.corpus / "pl" / "link.md")
    with pytest.raises(FileExistsError):
        shelf.publish(arrived(shelf), "pl/link.md")
    assert not (shelf.corpus.parent / "nowhere.md").exists()


def test_removing_takes_the_side_file_along(shelf: Shelf) -> None:
    write_side(shelf.corpus / "pl" / "stary.md", FIELDS)
    shelf.remove("pl/stary.md")
    assert list((shelf.corpus / "pl").iterdir()) == []
    assert len(list((shelf.data / "removed").glob("*/pl/*"))) == 2


@pytest.mark.parametrize(
    "value",
    ['"; rm', "a\nb = 1", "\\u0041", "\x7f\x00\x1b[31m", "“ż” 'x'", "\ud800", "[x]\nid = 2", "#" * 2000, "\u202eabc"],
)
def test_what_the_staff_write_stays_one_value(shelf: Shelf, value: str) -> None:
    file = shelf.corpus / "pl" / "stary.md"
    write_side(file, {**FIELDS, "publisher": value})
    table = tomllib.loads(side_of(file).read_text(encoding="utf-8"))
    assert set(table) <= {"title", "language", "edition", "publisher"}
    assert table["title"] == "Regulamin"
    assert not any(ord(char) < 32 for char in table.get("publisher", ""))


def test_a_side_file_keeps_what_is_not_ours_to_change(shelf: Shelf) -> None:
    file = shelf.corpus / "pl" / "stary.md"
    side_of(file).write_text('title = "Dawny"\nslug = "stary"\nrok = 2024\n', encoding="utf-8")
    write_side(file, {"title": "Nowy"})
    assert tomllib.loads(side_of(file).read_text(encoding="utf-8")) == {"title": "Nowy", "slug": "stary", "rok": 2024}


def test_what_was_found_out_survives(shelf: Shelf) -> None:
    piece = Piece((1, 2), ("A", "B"), 12, "Treść <b>")
    warning = Warning_("hidden_text", {"count": 2})
    verdict = Verdict("Regulamin.md", Outcome.WARNED, "ab" * 32, (warning,), details={"reason": "x"})
    examined = Examined(verdict, FIELDS, 2, 1, (piece,))
    upload = shelf.judge(arrived(shelf), examined)
    assert shelf.upload(upload.id) == upload
    assert upload.examined == examined


def test_a_broken_note_hides_its_folder_only(shelf: Shelf) -> None:
    good, bad = arrived(shelf), arrived(shelf)
    (shelf.folder(bad.id) / NOTE).write_text(json.dumps({"id": 1}), encoding="utf-8")
    assert [upload.id for upload in shelf.uploads()] == [good.id]
