"""The trial mode: every kind of step once."""

from pathlib import Path

import pytest

from assistant.config import ROOT
from assistant.dialogues import definitions
from assistant.dialogues.replies import Vocabulary
from assistant.domain.dialogues import Dialogue
from assistant.prompts import read_table

TRIAL = Path(__file__).parent.parent / "data" / "modes" / "trial.toml"
VOCABULARY = Vocabulary(read_table(ROOT / "prompts" / "replies.toml"))


@pytest.fixture(scope="session")
def trial() -> Dialogue:
    return definitions.read(TRIAL)
