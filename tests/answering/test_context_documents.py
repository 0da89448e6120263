"""A follow-up stays with the documents that the conversation is about."""

from dataclasses import replace

import pytest

from tests.answering.test_answerer import answerer, linear
from tests.fakes import FakeLibrary, FakeRetriever

STAYING = linear(cosine=6, going_on=2)


@pytest.mark.parametrize(("path", "amount"), [("klaster.md", "5 zł"), ("hub.md", "9 zł")])
def test_what_says_the_same_is_taken_from_the_document_before(path: str, amount: str) -> None:
    shelf = FakeLibrary()
    shelf.write("klaster.md", ("Klaster", ["Koszt wynosi 5 zł."]))
    shelf.write("hub.md", ("Hub", ["Koszt wynosi 9 zł."]))
    chooser = replace(answerer(FakeRetriever(shelf)), units=STAYING).chooser
    found = FakeRetriever(shelf).retrieve("Ile wynosi koszt?", 5)
    before = frozenset(p.chunk.document_id for p in found.passages if p.path == path)
    ranked = chooser.rank("Ile wynosi koszt?", found, going_on=before)
    assert amount in ranked.units[0].pick.unit.text
