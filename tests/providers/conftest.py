from __future__ import annotations

from pathlib import Path

import pytest

from assistant.config import EmbedderSettings
from assistant.providers.embedders import choose
from assistant.providers.embedders.bundled import BundledEmbedder


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def onnx(models_dir: Path) -> BundledEmbedder:
    return choose(EmbedderSettings(engine="onnx"), models_dir)


@pytest.fixture(scope="session")
def c_engine(models_dir: Path) -> BundledEmbedder:
    return choose(EmbedderSettings(engine="c"), models_dir)
