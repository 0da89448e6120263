from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

from assistant.providers.tokens import DATA, TiktokenCounter


@pytest.fixture(scope="module")
def counter() -> TiktokenCounter:
    return TiktokenCounter()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("kot", 1), ("social clause", 2), ("<|endoftext|>", 7), ("Spółdzielnia socjalna", 8)],
)
def test_counts(counter, text, tokens):
    assert counter.count(text) == tokens


def test_the_vocabulary_is_the_official_one():
    (file,) = [path for path in DATA.iterdir() if path.name.startswith("fb374d41")]
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert digest == "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"


def test_counting_and_embedding_open_no_socket(models_dir):
    code = (
        "import socket, sys; from pathlib import Path\n"
        "def refuse(*_args, **_options): raise SystemExit('a socket was opened')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from assistant.providers.tokens import TiktokenCounter\n"
        "from assistant.providers.embedders.bundled import BundledEmbedder\n"
        "assert TiktokenCounter().count('kot') == 1\n"
        "assert BundledEmbedder(Path(sys.argv[1]), 'onnx', 1).embed_query('kot').shape == (384,)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "TIKTOKEN_CACHE_DIR"}
    subprocess.run([sys.executable, "-c", code, str(models_dir)], env=environment, check=True, timeout=120)
