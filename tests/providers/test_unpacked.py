from __future__ import annotations

import numpy as np
import pytest

from assistant.config import EmbedderSettings
from assistant.providers.embedders import choose, unpack

pytest.importorskip("sentence_transformers", reason="needs sentence-transformers and torch: pip install -e '.[models]'")

PASSAGES = [
    "Spółdzielnię socjalną mogą założyć osoby fizyczne lub prawne.",
    "Klauzula społeczna wymaga zatrudnienia na podstawie umowy o pracę.",
    "Ośrodek wsparcia ekonomii społecznej udziela bezpłatnego doradztwa.",
    "Klaster zrzesza przedsiębiorstwa społeczne z jednego regionu.",
    "Wskaźnik oddziaływania mierzy zmianę u odbiorców usługi.",
    "Przetarg zastrzeżony jest dostępny tylko dla wybranych wykonawców.",
]
QUESTIONS = [
    "kto zaklada spoldzielnie",
    "Where do I get free advice?",
    "pomiar wpływu społecznego",
    "przetargi zastrzeżone",
]


def test_sentence_transformers_loads_the_folder_and_ranks_alike(onnx, models_dir):
    unpacked = choose(EmbedderSettings(model=str(unpack(models_dir)), batch=4), models_dir)
    theirs, ours = unpacked.embed_passages(PASSAGES), onnx.embed_passages(PASSAGES)
    assert ((theirs * ours).sum(axis=1) > 0.995).all()
    for question in QUESTIONS:
        their_scores, our_scores = theirs @ unpacked.embed_query(question), ours @ onnx.embed_query(question)
        assert np.argsort(-their_scores)[:2].tolist() == np.argsort(-our_scores)[:2].tolist(), question
