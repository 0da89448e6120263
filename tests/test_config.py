"""Settings come from one table; what it does not know is refused by name."""

from pathlib import Path

import pytest

from assistant.config import load
from assistant.errors import ConfigError


def test_the_environment_wins_over_the_file_and_options_over_both(tmp_path: Path) -> None:
    (tmp_path / "assistant.toml").write_text('indexes = "a"\n[chunking]\nmax_tokens = 100\nmin_tokens = 10\n')
    environ = {"ASSISTANT_INDEXES": "b", "ASSISTANT_CHUNKING__MAX_TOKENS": "200"}
    settings = load(environ, tmp_path, indexes=Path("c"))
    assert (settings.indexes, settings.chunking.max_tokens, settings.chunking.min_tokens) == (Path("c"), 200, 10)


@pytest.mark.parametrize(
    ("environ", "setting"),
    [
        ({"ASSISTANT_INDEXS": "x"}, "indexs"),
        ({"ASSISTANT_CHUNKING__MAX_TOKENS": "many"}, "chunking.max_tokens"),
        ({"ASSISTANT_CHUNKING__MAX_TOKENS": "3"}, "chunking.max_tokens"),
        ({"ASSISTANT_EMBEDDER__ENGIN": "c"}, "embedder.engin"),
        ({"ASSISTANT_CONFIG": "/nowhere.toml"}, "ASSISTANT_CONFIG"),
        ({"ASSISTANT_CHUNKING": "x"}, "chunking"),
    ],
)
def test_a_wrong_setting_is_named(environ: dict[str, str], setting: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load(environ, tmp_path)
    assert error.value.details["setting"] == setting


def test_a_section_and_its_key_may_come_from_both(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load({"ASSISTANT_CHUNKING": "x", "ASSISTANT_CHUNKING__MAX_TOKENS": "100"}, tmp_path)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "assistant.toml").write_text("[")
    with pytest.raises(ConfigError, match=r"assistant\.toml"):
        load({}, tmp_path)
