"""A folder as people have it, from files to cited answers: real formats, real embedder, hostile files among them."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pypdf
import pytest

from assistant.domain.answers import Answer, Status
from assistant.domain.documents import Outcome, Verdict
from assistant.domain.folding import fold
from assistant.indexing.records import BuildReport
from assistant.service import Service
from tests.fakes import HANDBOOK
from tests.ingestion.parsers import office_samples, pdf_samples

DATA = Path(__file__).parent / "data"
PDF, SLIDES, SHEET = "wces/metoda-wces.pdf", "pomorski-klaster-es.pptx", "karta-klauzuli.docx"
ODD_NAME = "notatki „Łódź”/zebranie o'1\n(kopia).txt"
CANARY = "Kanarek Zygfryd przechowuje zielony segregator w piwnicy ratusza."
RUNNING = ("Co-funded by the European Union", "Interreg Baltic Sea Region")
MakeService = Callable[..., Service]
FOUND = {Status.ANSWERED, Status.PARTIAL}


def lay_out(folder: Path) -> Path:
    """The corpus: three office files, Markdown, a web page, text with an awkward name, and bad company."""
    corpus = folder / "corpus"
    (corpus / "wces").mkdir(parents=True)
    for name, source in ((PDF, "metoda-wces.pdf"), (SLIDES, SLIDES), (SHEET, SHEET)):
        shutil.copyfile(DATA / source, corpus / name)
    files: dict[str, bytes | str] = {
        "latarnia.md": HANDBOOK,
        "strona owes.html": office_samples.HTML_SAMPLE,
        ODD_NAME: f"Notatka z zebrania\n\n{CANARY}\n\nNastępne zebranie odbędzie się w czwartek o godzinie 17.\n",
        "kopia.pdf": (DATA / "metoda-wces.pdf").read_bytes(),
        "pusty.pdf": b"",
        "program.pdf": b"MZ\x90\x00" + bytes(range(256)) * 20,
        "urwany.pdf": (DATA / "metoda-wces.pdf").read_bytes()[:9000],
        "haslo.pdf": pdf_samples.drawn([pdf_samples.typed(["Tajne."])], encrypt="sekret"),
        "skan.pdf": pdf_samples.scanned(["Statut klastra"]),
        "bomba.docx": office_samples.with_files(
            (DATA / SHEET).read_bytes(), {"word/document.xml": b"<w:p/>" + b" " * 60_000_000}
        ),
        "encje.docx": office_samples.with_files(
            (DATA / SHEET).read_bytes(),
            {"word/document.xml": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'},
        ),
        "makra.docx": office_samples.with_files((DATA / SHEET).read_bytes(), {"word/vbaProject.bin": b"x"}),
        "arkusz.xlsx": office_samples.zipped({"xl/workbook.xml": "<workbook/>"}),
        "binarny.txt": bytes(range(256)) * 40,
        "utf16.txt": "Dyżur doradcy klastra Wydma trwa od ósmej do dziesiątej.".encode("utf-16"),
    }
    for name, content in files.items():
        (corpus / name).parent.mkdir(exist_ok=True)
        (corpus / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "tajne.txt").write_text("Sekret spoza katalogu dokumentów.", encoding="utf-8")
    (corpus / "wyjscie.txt").symlink_to(folder / "tajne.txt")
    (corpus / "donikad.txt").symlink_to("nie-ma.txt")
    return corpus


@dataclass
class Shelf:
    """The corpus, its index, and the service over both."""

    corpus: Path
    indexes: Path
    service: Service
    verdicts: dict[str, Verdict]

    def ask(self, question: str) -> Answer:
        return self.service.ask(question)

    def index(self) -> BuildReport:
        """Bring the index up to date and wait until the readers have noticed (2 s at most, DESIGN §6)."""
        report = self.service.index()
        deadline = time.monotonic() + 2
        while self.service.search("x", 1).generation != report.generation:
            assert time.monotonic() < deadline, "readers did not notice the new generation"
            time.sleep(0.05)
        return report


@pytest.fixture(scope="module")
def shelf(make_service: MakeService, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Indexed once; tests that change it work on a `copied` one."""
    folder = tmp_path_factory.mktemp("mixed")
    service = make_service(lay_out(folder), folder / "indexes", ingestion={"ocr": False})
    report = service.index()
    return Shelf(folder / "corpus", folder / "indexes", service, {v.path: v for v in report.verdicts})


@pytest.fixture
def copied(shelf: Shelf, make_service: MakeService, tmp_path: Path) -> Shelf:
    """The same corpus and index under other paths, to be changed."""
    shutil.copytree(shelf.corpus, tmp_path / "corpus", symlinks=True)
    shutil.copytree(shelf.indexes, tmp_path / "indexes", symlinks=True)
    service = make_service(tmp_path / "corpus", tmp_path / "indexes", ingestion={"ocr": False})
    return Shelf(tmp_path / "corpus", tmp_path / "indexes", service, shelf.verdicts)


def shown(answer: Answer) -> str:
    return " ".join([answer.text, *(citation.quote for citation in answer.citations)])


# ---- verdicts ------------------------------------------------------------------------------------

VERDICTS = [
    (PDF, Outcome.INDEXED, ""),
    (SLIDES, Outcome.INDEXED, ""),
    (SHEET, Outcome.INDEXED, ""),
    ("latarnia.md", Outcome.INDEXED, ""),
    ("strona owes.html", Outcome.INDEXED, ""),
    ("utf16.txt", Outcome.INDEXED, ""),
    (ODD_NAME, Outcome.INDEXED, ""),
    ("pusty.pdf", Outcome.REFUSED, "document_unreadable: empty"),
    ("program.pdf", Outcome.REFUSED, "document_unreadable: type_mismatch"),
    ("haslo.pdf", Outcome.REFUSED, "document_encrypted: password"),
    ("skan.pdf", Outcome.REFUSED, "document_unreadable: no_text_layer"),
    ("bomba.docx", Outcome.REFUSED, "document_dangerous: unpacked_ratio"),
    ("encje.docx", Outcome.REFUSED, "document_dangerous: xml_dtd"),
    ("makra.docx", Outcome.REFUSED, "document_dangerous: macro"),
    ("arkusz.xlsx", Outcome.REFUSED, "document_unreadable: unsupported_type"),
    ("binarny.txt", Outcome.REFUSED, "document_unreadable: type_mismatch"),
    ("wyjscie.txt", Outcome.REFUSED, "document_dangerous: outside_corpus"),
    ("donikad.txt", Outcome.REFUSED, "document_unreadable: broken_link"),
]


@pytest.mark.parametrize(("path", "outcome", "error"), VERDICTS, ids=[v[0].replace("\n", "⏎") for v in VERDICTS])
def test_every_file_ends_with_its_verdict(shelf: Shelf, path: str, outcome: Outcome, error: str) -> None:
    verdict = shelf.verdicts[path]
    assert verdict.outcome in ({outcome, Outcome.WARNED} if outcome is Outcome.INDEXED else {outcome})
    assert (f"{verdict.error}: {verdict.details.get('reason')}" if error else verdict.error) == error


def test_a_damaged_pdf_is_refused_or_read_with_a_warning(shelf: Shelf) -> None:
    verdict = shelf.verdicts["urwany.pdf"]
    assert verdict.outcome is not Outcome.INDEXED
    assert verdict.error or verdict.warnings


def test_the_same_bytes_twice_are_one_document(shelf: Shelf) -> None:
    warned = [v for v in shelf.verdicts.values() if any(w.code == "duplicate_of" for w in v.warnings)]
    assert [v.path for v in warned] in (["kopia.pdf"], [PDF])
    assert len({document for document, *_ in shelf.service.documents()}) == len(shelf.service.documents())


def test_no_file_is_left_without_a_verdict(shelf: Shelf) -> None:
    files = {f.relative_to(shelf.corpus).as_posix() for f in shelf.corpus.rglob("*") if f.is_symlink() or f.is_file()}
    assert set(shelf.verdicts) == files


def test_the_index_proves_itself(shelf: Shelf) -> None:
    assert [check.name for check in shelf.service.verify(strict=True).checks if not check.ok] == []


# ---- answers and their citations -----------------------------------------------------------------

QUESTIONS = [  # question, file that answers, words that the answer must hold
    ("Kiedy trwał projekt WCES?", PDF, ("1 maja 2011", "30 kwietnia 2013")),
    ("Ile osób objął projekt WCES?", PDF, ("150",)),
    ("Czym animator różni się od tutora?", PDF, ("tutor",)),
    ("Ile wynosi składka członkowska w klastrze Latarnia?", "latarnia.md", ("120 zł",)),
    ("Jakie dokumenty składa kandydat do klastra Latarnia?", "latarnia.md", ("odpis z rejestru", "uchwałę zarządu")),
    ("Kogo może wymagać zatrudnić zamawiający?", "strona owes.html", ("bezrobotnych",)),
    ("Gdzie kanarek Zygfryd przechowuje segregator?", ODD_NAME, ("piwnicy ratusza",)),
    ("Kiedy dyżuruje doradca klastra Wydma?", "utf16.txt", ("ósmej",)),
    ("Jak wypełnić kartę planu klauzuli?", SHEET, ("co gmina kupuje",)),
    ("Ile jest klastrów CSEI w Europie?", SLIDES, ("30 potencjalnych",)),
]


@pytest.mark.parametrize(("question", "path", "words"), QUESTIONS, ids=[q[0] for q in QUESTIONS])
def test_a_question_is_answered_from_the_file_that_holds_it(
    shelf: Shelf, question: str, path: str, words: tuple[str, ...]
) -> None:
    answer = shelf.ask(question)
    assert answer.status in FOUND
    sources = {path, "kopia.pdf"} if path == PDF else {path}
    assert {citation.path for citation in answer.citations} & sources
    assert [word for word in words if word not in " ".join(s.text for s in answer.sentences)] == []


@pytest.mark.parametrize("question", [q[0] for q in QUESTIONS])
def test_every_quote_stands_in_its_document_at_its_span(shelf: Shelf, question: str) -> None:
    answer = shelf.ask(question)
    library = shelf.service.library(answer.generation)
    for citation in answer.citations:
        start, end = citation.span
        assert library.document_text(citation.document_id)[start:end] == citation.quote
        pages = library.pages_of(citation.document_id)
        on = [page.number for page in pages if page.start < end and start < page.end]
        assert (min(on), max(on)) == citation.pages
    numbers = {citation.n for citation in answer.citations}
    assert all(sentence.citations and set(sentence.citations) <= numbers for sentence in answer.sentences)


PAGED = [
    "Kiedy trwał projekt WCES?",
    "Ile osób objął projekt WCES?",
    "Co to jest Inkubator Przedsiębiorczości Społecznej?",
    "Kim jest animator ekonomii społecznej?",
    "Gdzie znaleźć oryginalne podręczniki WCES?",
]


@pytest.mark.parametrize("question", PAGED)
def test_an_answer_from_a_pdf_names_the_page_where_another_reader_finds_it(shelf: Shelf, question: str) -> None:
    citation = next(c for c in shelf.ask(question).citations if c.path.endswith(".pdf"))
    pages = pypdf.PdfReader(DATA / "metoda-wces.pdf").pages
    first, last = citation.pages
    read = "".join(pages[number - 1].extract_text() for number in range(first, last + 1))
    assert letters(citation.quote)[:60] in letters(read)
    assert letters(citation.quote)[:60] not in letters(pages[first % len(pages)].extract_text())


def letters(text: str) -> str:
    """Without what two readers of a PDF may see differently: spaces and hyphens at line ends."""
    return re.sub(r"\W", "", text)


def test_running_headers_and_page_numbers_are_in_no_passage(shelf: Shelf) -> None:
    library = shelf.service.library(shelf.service.search("klaster").generation)
    for document, path, *_ in shelf.service.documents():
        for chunk in library.chunks_of(document):
            units = " ".join(unit.text for unit in chunk.units)
            assert not any(line in units for line in RUNNING), path
            assert "| strona" not in units, path


def test_a_search_for_the_running_header_brings_none(shelf: Shelf) -> None:
    for passage in shelf.service.search("Interreg Baltic Sea Region Co-funded by the European Union").passages:
        assert not any(line in unit.text for unit in passage.chunk.units for line in RUNNING)


def test_bullets_of_a_slide_come_whole_and_under_its_title(shelf: Shelf) -> None:
    answer = shelf.ask("Co zawiera Prototypical CSEI Setup?")
    cited = answer.citations[0]
    assert cited.path == SLIDES
    assert cited.headings[-1] == "Co zawiera Prototypical CSEI Setup?"
    assert [s.text for s in answer.sentences if s.citations == (1,)] == [
        "modele członkostwa",
        "skład międzysektorowy",
        "struktury operacyjne",
        "stabilność finansową",
        "przykłady i najlepsze praktyki",
    ]
    assert cited.pages == (15, 15)


def test_a_passage_of_bullets_holds_the_title_of_their_slide(shelf: Shelf) -> None:
    found = next(p for p in shelf.service.search("żywność z okolicy inkubacja firm").passages if p.path == SLIDES)
    assert "Czym zajmują się klastry CSEI?" in (*found.chunk.headings, *(unit.text for unit in found.chunk.units))


def test_a_row_of_a_worksheet_comes_with_its_header(shelf: Shelf) -> None:
    answer = shelf.ask("Jaki jest przykład wartości w karcie planu klauzuli?")
    assert "84 300 zł" in shown(answer)


# ---- typed as people type ------------------------------------------------------------------------

TYPOS = [
    ("Ile wynosi skladka czlonkowska w klastrze Latarnai?", "latarnia.md"),
    ("Gdzie kanraek Zygfryd przechowuje segregatro?", ODD_NAME),
    ("Kiedy trwal projket WCES?", PDF),
    ("Jak wypelnic karte planu klauzlui?", SHEET),
]


@pytest.mark.parametrize(("question", "path"), [(q[0], q[1]) for q in QUESTIONS])
@pytest.mark.parametrize("typed", [fold, str.upper], ids=["no diacritics", "capitals"])
def test_the_same_question_typed_otherwise_finds_the_same_document(
    shelf: Shelf, question: str, path: str, typed: Callable[[str], str]
) -> None:
    first = shelf.service.search(question, 1).passages[0].path
    assert shelf.service.search(typed(question), 1).passages[0].path == first


@pytest.mark.parametrize(("question", "path"), TYPOS)
def test_a_question_with_typos_finds_its_document(shelf: Shelf, question: str, path: str) -> None:
    found = shelf.service.search(question, 1).passages[0].path
    assert found in ({path, "kopia.pdf"} if path == PDF else {path})


# ---- the next run --------------------------------------------------------------------------------


def test_a_second_run_changes_nothing(copied: Shelf) -> None:
    before = sorted(path.name for path in copied.indexes.iterdir())
    report = copied.index()
    assert (report.up_to_date, report.read, report.embedded) == (True, 0, 0)
    assert {verdict.path: verdict for verdict in report.verdicts} == copied.verdicts
    assert sorted(path.name for path in copied.indexes.iterdir()) == before


def test_a_changed_file_alone_is_read_again(copied: Shelf) -> None:
    file = copied.corpus / "latarnia.md"
    file.write_text(HANDBOOK.replace("120 zł", "275 zł"), encoding="utf-8")
    report = copied.index()
    assert (report.up_to_date, report.read) == (False, 1)
    assert report.embedded < report.reused
    answer = copied.ask("Ile wynosi składka członkowska w klastrze Latarnia?")
    assert "275 zł" in answer.text
    assert "120 zł" not in shown(answer)


def test_a_removed_file_is_gone_from_answers_and_from_the_index_files(copied: Shelf) -> None:
    question = "Gdzie kanarek Zygfryd przechowuje segregator?"
    assert "piwnicy" in copied.ask(question).text
    assert any(holds(file, "Zygfryd") for file in index_files(copied.indexes)), "the look below would see it"
    (copied.corpus / ODD_NAME).unlink()
    report = copied.index()
    assert report.removed == 1
    answer = copied.ask(question)
    assert "Zygfryd" not in shown(answer)
    assert all(passage.path != ODD_NAME for passage in copied.service.search("kanarek Zygfryd").passages)
    assert [file.name for file in index_files(copied.indexes) if holds(file, "Zygfryd")] == []
    assert copied.service.verify(strict=True).ok


def test_a_file_that_becomes_bad_loses_its_old_text(copied: Shelf) -> None:
    (copied.corpus / "latarnia.md").write_bytes(b"")
    copied.index()
    assert "latarnia.md" in {v.path for v in copied.service.verdicts() if v.outcome is Outcome.REFUSED}
    assert "120 zł" not in shown(copied.ask("Ile wynosi składka członkowska w klastrze Latarnia?"))


def index_files(indexes: Path) -> list[Path]:
    """Files of all generations, the models left out."""
    return [f for f in indexes.rglob("*") if f.is_file() and "models" not in f.relative_to(indexes).parts]


def holds(file: Path, word: str) -> bool:
    """Whether a file holds a word, as it is or in a column of a database."""
    data = file.read_bytes()
    if any(word.encode(code) in data or word.lower().encode(code) in data for code in ("utf-8", "utf-16-le")):
        return True
    if not data.startswith(b"SQLite format 3"):
        return False
    with sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True) as db:
        return any(word.lower() in line.lower() for line in db.iterdump())
