from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.config import EmbedderSettings
from assistant.errors import EmbedderUnavailable
from assistant.providers.embedders import choose, onnx_engine, weights

TEXTS = [
    "Spółdzielnię socjalną może założyć co najmniej trzech członków.",
    "Klauzula społeczna pozwala zamawiającemu wymagać zatrudnienia na umowę o pracę.",
    "A social co-operative reintegrates people at risk of exclusion.",
    "kot",
    "",
]
LONG = "Ośrodek wsparcia ekonomii społecznej doradza i szkoli. " * 120


def norms(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=-1)


def test_vectors_have_the_promised_shape_and_length_one(onnx):
    vectors, question = onnx.embed_passages(TEXTS), onnx.embed_query(TEXTS[0])
    assert vectors.shape == (len(TEXTS), onnx.dimension)
    assert question.shape == (onnx.dimension,)
    assert vectors.dtype == question.dtype == np.float32
    assert norms(vectors) == pytest.approx(1, abs=1e-5)
    assert norms(question) == pytest.approx(1, abs=1e-5)


def test_no_texts_give_no_vectors(onnx, c_engine):
    assert onnx.embed_passages([]).shape == c_engine.embed_passages([]).shape == (0, 384)


@pytest.mark.parametrize("engine", ["onnx", "c_engine"])
def test_vectors_come_in_the_order_of_the_texts_and_progress_adds_up(engine, request):
    embedder = request.getfixturevalue(engine)
    texts = [f"{'bardzo ' * (n % 7)}długi opis usługi numer {n}" for n in range(40)]
    done: list[int] = []
    vectors = embedder.embed_passages(texts, done.append)
    alone = np.array([embedder.embed_passages([text])[0] for text in texts[::13]])
    assert sum(done) == len(texts)
    assert ((vectors[::13] * alone).sum(axis=1) > 0.995).all()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("ilu członków zakłada spółdzielnie socjalne", 0),  # inflected, no question mark
        ("czy w przetargu moge wymagac umowy o prace", 1),  # no diacritics
        ("can a public buyer require employment contracts", 1),  # across languages
    ],
)
def test_the_nearest_passage_answers_the_question(onnx, question, answer):
    assert int(np.argmax(onnx.embed_passages(TEXTS[:3]) @ onnx.embed_query(question))) == answer


@pytest.mark.parametrize(
    "text",
    [
        *TEXTS,
        LONG,  # over 512 tokens
        "przed\0po",  # NUL ends a C string
        "pół znaku \ud800",  # lone surrogate from a damaged file
        "  dużo\n\n\tbiałych\u200bznaków ",
        "<s> </s> <mask>",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_both_engines_give_nearly_the_same_vector(onnx, c_engine, text):
    assert float(onnx.embed_passages([text])[0] @ c_engine.embed_passages([text])[0]) > 0.99
    assert float(onnx.embed_query(text) @ c_engine.embed_query(text)) > 0.99


def test_engines_share_the_identity_because_their_vectors_mix(onnx, c_engine):
    assert onnx.identity == c_engine.identity
    assert re.fullmatch(r"multilingual-e5-small-q4@[0-9a-f]{12}", onnx.identity)
    assert (onnx.engine, c_engine.engine) == ("onnx", "c")


def test_of_a_long_text_the_beginning_counts(onnx):
    whole, longer = onnx.embed_passages([LONG, LONG + "Zupełnie inny koniec o lotach w kosmos. " * 50])
    assert float(whole @ longer) > 0.9999


def test_decomposed_letters_read_as_composed_ones(onnx):
    assert float(onnx.embed_query("spo\u0301łdzielnia") @ onnx.embed_query("spółdzielnia")) > 0.9999


def test_the_c_engine_serves_when_the_model_cannot_be_built(tmp_path, caplog):
    (tmp_path / "taken").write_text("a file where the folder should be")
    embedder = choose(EmbedderSettings(), tmp_path / "taken")
    assert embedder.embed_query("kot").shape == (384,)
    assert embedder.engine == "c"
    assert "ONNX engine cannot be used" in caplog.text
    assert "taken" in caplog.text


def test_onnx_asked_for_by_name_does_not_fall_back(tmp_path):
    (tmp_path / "taken").touch()
    with pytest.raises(EmbedderUnavailable) as caught:
        choose(EmbedderSettings(engine="onnx"), tmp_path / "taken").embed_query("kot")
    assert caught.value.details["setting"] == "embedder.engine"


def test_a_damaged_model_is_built_again_with_a_warning(onnx, models_dir, tmp_path, caplog):
    onnx.embed_query("kot")
    (built,) = models_dir.glob("*-onnx*")
    folder = tmp_path / built.name
    folder.mkdir()
    for path in built.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    with (folder / "weights.bin").open("r+b") as file:
        file.seek(40_000_000)
        file.write(b"damage")
    embedder = choose(EmbedderSettings(engine="onnx"), tmp_path)
    assert np.allclose(embedder.embed_query("kot"), onnx.embed_query("kot"), atol=1e-6)
    assert "weights.bin does not match its checksum; building it again" in caplog.text


def test_two_processes_that_build_at_once_both_serve(tmp_path):
    code = (
        "import sys; from pathlib import Path; from assistant.providers.embedders import weights, onnx_engine;"
        "print(onnx_engine.build(weights.locate(), Path(sys.argv[1])))"
    )
    builders = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    folders = {builder.communicate(timeout=120)[0].strip() for builder in builders}
    assert [builder.returncode for builder in builders] == [0, 0]
    assert [str(path) for path in tmp_path.iterdir()] == list(folders)
    assert onnx_engine.OnnxEngine(Path(folders.pop()), threads=1).query("kot").shape == (384,)


def test_a_foreign_file_is_not_read_as_weights(tmp_path):
    file = tmp_path / "model.bin"
    file.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="not a packed e5 model"):
        weights.read(file)


def test_a_packed_block_is_nibbles_less_eight_times_its_scale():
    packed = weights.read(weights.locate())
    nibbles, scales = packed.blocks("l0.q.w", 384, 384)
    assert (nibbles.shape, scales.shape) == ((384, 384), (384, 12))
    expected = (nibbles[5, 40].astype(float) - 8) * scales[5, 1]  # column 40 lies in the row's second block
    assert packed.matrix("l0.q.w", 384, 384)[5, 40] == pytest.approx(expected)
