import pytest

from assistant.config import ROOT, ChunkingSettings, IngestionSettings
from assistant.domain.documents import Metadata
from assistant.errors import ParserLimit, UnreadableDocument
from assistant.ingestion import parsers
from assistant.ingestion.chunking import chunk
from assistant.ingestion.reading import read
from assistant.ingestion.sandbox import Sandbox
from assistant.ingestion.sources import SourceFile, find

SETTINGS = IngestionSettings()


class HereAndNow:
    """Parses in this process."""

    def parse(self, path, kind, settings):
        return parsers.load(*parsers.TABLE[kind])(path, settings)


class Failing:
    def parse(self, path, kind, settings):
        raise ParserLimit(path=path.name, reason="time")


class Words:
    def count(self, text):
        return len(text.split())


@pytest.fixture
def document(tmp_path):
    def document(name, raw, side="", sandbox=None, language="xx"):
        (tmp_path / name).write_bytes(raw if isinstance(raw, bytes) else raw.encode())
        if side:
            (tmp_path / f"{name}.toml").write_text(side)
        (source,) = (one for one in find(tmp_path, SETTINGS) if isinstance(one, SourceFile))
        return read(source, sandbox or HereAndNow(), SETTINGS, lambda sample: language)

    return document


def test_a_side_file_wins_over_what_the_file_says(document):
    found, _ = document(
        "a.md", "---\ntitle: Z pliku\nedition: '1'\n---\ntekst", 'title = "Z boku"\nlicence = "CC0"\nx = 1'
    )
    assert found.metadata == Metadata("Z boku", "xx", edition="1", licence="CC0")


@pytest.mark.parametrize(
    ("name", "raw", "title"),
    [
        ("a.md", "---\ntitle: Tytuł\n---\n# Nagłówek\ntekst", "Tytuł"),
        ("a.md", "---\ntitle: Microsoft Word - x.doc\n---\n# Nagłówek\ntekst", "Nagłówek"),
        ("a.md", "wstęp\n\n## **Nagłówek**\ntekst", "Nagłówek"),
        ("Model_klastra 2025.md", "tekst", "Model klastra 2025"),
    ],
)
def test_the_title_falls_back_to_the_first_heading_and_the_name(document, name, raw, title):
    assert document(name, raw)[0].metadata.title == title


@pytest.mark.parametrize(("said", "language"), [("pl-PL", "pl"), ("EN", "en"), ("polski", "xx"), ("", "xx")])
def test_the_language_is_a_code_or_detected(document, said, language):
    assert document("a.md", f"---\nlang: {said}\n---\ntekst")[0].metadata.language == language


def test_a_side_file_that_cannot_be_read_is_a_warning(document):
    found, warnings = document("a.md", "# A\ntekst", "title = ")
    assert found.metadata.title == "A"
    assert [warning.code for warning in warnings] == ["side_file_unreadable"]


@pytest.mark.parametrize(("name", "raw"), [("a.md", " \n\n"), ("a.txt", "\x00\x00"), ("a.md", "---\ntitle: x\n---\n")])
def test_a_file_without_words_is_refused(document, name, raw):
    with pytest.raises(UnreadableDocument) as raised:
        document(name, raw)
    assert raised.value.details["reason"] in ("empty", "no_text")


def test_an_error_names_the_path_in_the_corpus(document):
    with pytest.raises(ParserLimit) as raised:
        document("a.md", "tekst", sandbox=Failing())
    assert raised.value.details == {"path": "a.md", "reason": "time"}


def test_bytes_that_are_no_longer_those_hashed_are_refused(tmp_path):
    (tmp_path / "a.md").write_text("stare")
    (source,) = find(tmp_path, SETTINGS)
    (tmp_path / "a.md").write_text("nowe")
    with pytest.raises(UnreadableDocument) as raised:
        read(source, HereAndNow(), SETTINGS, str)
    assert raised.value.details["reason"] == "changed"


def test_the_handbooks_are_read_whole_and_every_chunk_stands_at_its_place():
    if not (ROOT / "corpus").is_dir():
        pytest.skip("no corpus in this checkout")
    with Sandbox() as sandbox:
        handbooks = [
            one for one in find(ROOT / "corpus", SETTINGS) if isinstance(one, SourceFile) and one.kind == "markdown"
        ]
        for source in handbooks[:2]:
            found, warnings = read(source, sandbox, SETTINGS, lambda sample: "pl")
            assert warnings == ()
            assert "".join(found.text[page.start : page.end] for page in found.pages) == found.text
            chunks = chunk(found, ChunkingSettings(max_tokens=120, min_tokens=20), Words())
            assert len(chunks) > 10
            assert all(found.text[one.start : one.end] == one.text for one in chunks)
            assert all(one.tokens <= 120 or len(one.units) == 1 for one in chunks)
