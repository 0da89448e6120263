"""The handbooks that are shipped: all there, dated, sourced, readable, each text once."""

import importlib.util
import re
import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from assistant.config import ROOT
from assistant.service import Service
from tests.conftest import MakeService

CORPUS = ROOT / "corpus"
SOURCES = ROOT / "docs" / "handbooks"
HANDBOOKS = sorted([*CORPUS.glob("*/*.md"), *SOURCES.glob("pl/*.md")], key=lambda file: file.name)
WRITTEN = [file for file in HANDBOOKS if file.stem not in ("slownik", "glossary-en")]  # by hand, sentence by sentence
SUBJECTS = {  # DESIGN §2, in its order
    "projekt-resist.md",
    "przewodnik-moip.md",
    "jak-uczynic-innowacje-spoleczna.md",
    "kurs-dla-trenerow.md",
    "pomiar-oddzialywania.md",
    "model-csei.pptx",
    "pomorski-klaster-es.md",
    "metoda-wces.md",
    "klauzule-spoleczne.md",
    "przewodnik-przetargowy-pes.md",
    "formy-prawne-i-status-ps.md",
    "finansowanie-pes.md",
    "slownik.md",
}
FULL_ENGLISH = {
    "resist-project-en",
    "moip-guide-en",
    "how-to-make-innovation-social-en",
    "train-the-trainers-course-en",
    "social-impact-measurement-en",
    "csei-model-en",
}
LAW = {"klauzule-spoleczne", "przewodnik-przetargowy-pes", "formy-prawne-i-status-ps", "finansowanie-pes"}


def front(file: Path) -> tuple[dict, str]:
    _, meta, body = file.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(meta), body


def test_every_subject_has_its_handbook() -> None:
    assert {file.name for file in (CORPUS / "pl").iterdir()} >= SUBJECTS
    assert {file.stem for file in (CORPUS / "en").iterdir()} >= FULL_ENGLISH
    assert len(list((CORPUS / "en").glob("*-abstract-en.md"))) == 6


@pytest.mark.parametrize("file", HANDBOOKS, ids=lambda file: file.stem)
def test_a_handbook_says_what_it_is_and_how_old(file: Path) -> None:
    meta, body = front(file)
    assert meta["slug"] == file.stem
    assert re.fullmatch(r"20\d\d-\d\d", meta["edition"])
    assert (meta["language"], meta["licence"]) == (
        "en" if file.parent.name == "en" else "pl",
        "CC-BY-4.0",
    )
    assert all(meta[name] for name in ("title", "state_of_law", "publisher"))
    (title,) = re.findall(r"(?m)^# (.+)$", body)
    assert title == meta["title"]


@pytest.mark.parametrize("file", HANDBOOKS, ids=lambda file: file.stem)
def test_a_handbook_names_its_readers_and_its_sources_with_their_certainty(file: Path) -> None:
    meta, _ = front(file)
    assert meta["audience"]
    assert meta["sources"]
    for source in meta["sources"]:
        assert source.keys() == {"title", "address", "certainty"}
        assert all(source.values())


@pytest.mark.parametrize("slug", sorted(LAW))
def test_a_law_handbook_sends_the_reader_to_the_text_in_force(slug: str) -> None:
    meta, body = front(CORPUS / "pl" / f"{slug}.md")
    assert "Dz.U." in meta["state_of_law"]
    assert "ISAP" in body
    assert len(re.findall(r"\bart\. \d+", body)) > 50


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.stem)
def test_a_handbook_is_made_of_short_sections_and_plain_marks(file: Path) -> None:
    _, body = front(file)
    levels = [len(mark) for mark in re.findall(r"(?m)^(#+) ", body)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert not re.search(r"<[a-z]+[ >]|\]\(|\[\^", body), "HTML, links or footnotes"


def test_no_sentence_stands_in_two_handbooks_of_one_language() -> None:
    said: Counter[tuple[str, str]] = Counter()
    for file in WRITTEN:
        meta, body = front(file)
        text = re.sub(r"(?m)^(#|\|).*$", "", body)
        sentences = {re.sub(r"\W+", " ", part).strip().lower() for part in re.split(r"(?<=[.?!])\s+", text)}
        said.update((meta["language"], sentence) for sentence in sentences if len(sentence.split()) >= 8)
    assert [sentence for sentence, count in said.items() if count > 1] == []


def test_every_term_is_defined_in_both_languages() -> None:
    terms = tomllib.loads((CORPUS / "glossary.toml").read_text(encoding="utf-8"))["term"]
    assert len(terms) >= 120
    assert all(term["definition_pl"] and term["definition_en"] and term["en"] for term in terms)
    acronyms = Counter(acronym for term in terms for acronym in term.get("acronyms", []))
    assert [acronym for acronym, count in acronyms.items() if count > 1] == []


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """`docs/handbooks/build.py`."""
    spec = importlib.util.spec_from_file_location("handbooks", SOURCES / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_source_title_cannot_become_markup(build: ModuleType) -> None:
    source = {"title": "Ustawa <b> & „plan”", "address": "https://x/?a=1&b=2", "certainty": "S"}
    meta = {"language": "pl", "title": "Zeszyt <1>", "publisher": "P & S", "sources": [source]}
    page = build.page(meta, "# Zeszyt")
    assert "<li>Ustawa &lt;b&gt; &amp; „plan” — https://x/?a=1&amp;b=2 (S)</li>" in page
    assert "<title>Zeszyt &lt;1&gt;</title>" in page


def test_what_is_made_from_sources_is_up_to_date(build: ModuleType, tmp_path: Path) -> None:
    for lang, name in (("pl", "slownik"), ("en", "glossary-en")):
        made = (CORPUS / lang / f"{name}.md").read_text(encoding="utf-8")
        assert made == build.glossary(lang, name), "run: make handbooks"
    for name, make in (("model-csei.pptx", build.deck), ("karta-gotowosci-przetargowej.docx", build.sheet)):
        meta, text = build.read(SOURCES / "pl" / Path(name).with_suffix(".md"))
        make(meta, text, tmp_path / name)
        assert (tmp_path / name).read_bytes() == (CORPUS / "pl" / name).read_bytes(), "run: make handbooks"
        assert (CORPUS / "pl" / f"{name}.toml").read_text(encoding="utf-8") == build.side(meta)


@pytest.fixture(scope="module")
def formats(make_service: MakeService, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """An index of the handbooks that are no Markdown."""
    folder = tmp_path_factory.mktemp("formats")
    (folder / "corpus").mkdir()
    for kind in ("pdf", "pptx", "docx"):
        for file in (CORPUS / "pl").glob(f"*.{kind}*"):
            (folder / "corpus" / file.name).write_bytes(file.read_bytes())
    made = make_service(folder / "corpus", folder / "indexes")
    made.index()
    return made


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("zeszyt-pomiaru-oddzialywania", "pdf"),
        ("model-csei", "pptx"),
        ("karta-gotowosci-przetargowej", "docx"),
    ],
)
def test_the_other_formats_are_read_whole(formats: Service, name: str, kind: str) -> None:
    """Every heading and every table cell of the source stands in what the reader made of the file."""
    verdicts = {verdict.path: verdict for verdict in formats.verdicts()}
    assert not verdicts[f"{name}.{kind}"].warnings
    (identity, _, metadata, *_) = next(row for row in formats.documents() if row[1] == f"{name}.{kind}")
    meta, body = front(SOURCES / "pl" / f"{name}.md")
    assert (metadata.title, metadata.edition) == (meta["title"], meta["edition"])
    read = squeezed(formats.library(formats.generation).document_text(identity))
    headings = re.findall(r"(?m)^#+ (.+)$", body)
    cells = [cell.strip() for row in re.findall(r"(?m)^\|(.+)\|$", body) for cell in row.split("|")]
    lost = [part for part in (*headings, *cells) if squeezed(part) not in read and not set(part) <= set("-…: ")]
    assert lost == []


def squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()
