"""Every setting is explained in Polish and English, with where its value comes from."""

from pathlib import Path

from assistant import config
from assistant.config import ROOT
from assistant.presentation.web.staff import explained

ENVIRON = {"ASSISTANT_WEB__PORT": "8080", "ASSISTANT_EMBEDDER__API_KEY": "sk-kanarek"}
FILE = """
database = "postgresql+psycopg://pes:kanarek@db/pes"
[web.widgets.gmina]
origins = ["https://gmina.example"]
[web.widgets.gmina.contact]
name = "OWES"
"""


def shown(tmp_path: Path) -> dict[str, explained.Row]:
    (tmp_path / "assistant.toml").write_text(FILE, encoding="utf-8")
    settings = config.load(ENVIRON, tmp_path, lang="en")
    return {row.name: row for row in explained.rows(settings, ENVIRON, tmp_path)}


def test_each_value_tells_where_it_comes_from(tmp_path: Path) -> None:
    rows = shown(tmp_path)
    assert rows["web.port"].origin == "environment"
    assert rows["database"].origin == "file"
    assert rows["lang"].origin == "given"
    assert rows["web.host"].origin == "default"
    assert (rows["web.widgets.gmina.origins"].value, rows["web.widgets.gmina.origins"].origin) == (
        "https://gmina.example",
        "file",
    )


def test_no_secret_is_among_the_values(tmp_path: Path) -> None:
    rows = shown(tmp_path)
    assert not [row for row in rows.values() if "kanarek" in str(row.value)]
    assert rows["embedder.api_key"].value
    assert rows["staff.oidc_client_secret"].value is None
    assert rows["database"].value == "postgresql+psycopg://pes:…@db/pes"


def test_every_setting_is_described_in_both_languages(tmp_path: Path) -> None:
    rows = shown(tmp_path)
    polish = explained.descriptions(ROOT / "prompts", "pl")
    assert [name for name in rows if explained.general(name) not in polish] == []
    assert [name for name, row in rows.items() if not row.description] == []
    known = {explained.general(name) for name in rows} | {"web.widgets.contact"}
    assert set(polish) <= known
