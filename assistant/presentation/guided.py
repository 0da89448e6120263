"""Commands of guided modes: `assistant dialogue …`. Registered by `cli`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .. import config, service
from . import render, schemas

Json = Annotated[bool, typer.Option("--json")]
Indexes = Annotated[Path | None, typer.Option()]


def register(app: Any) -> None:
    """Add the commands to the application."""
    group = typer.Typer(no_args_is_help=True)
    for name, function in COMMANDS.items():
        group.command(name)(function)
    app.add_typer(group, name="dialogue")


def check(
    names: Annotated[list[str] | None, typer.Argument()] = None,
    deep: Annotated[bool, typer.Option("--deep")] = False,
    indexes: Indexes = None,
    as_json: Json = False,
) -> None:
    built = service.build(config.load(indexes=indexes))
    words = built.words[built.settings.lang]
    broken, found = built.guided.check(names or (), deep)
    if as_json:
        print(schemas.line(schemas.lint(broken, found, words)))
    else:
        console = render.console()
        for error in broken:
            console.print(words.text("errors.dialogue.message", **error.details), markup=False)
        for problem in found:
            said = words.text(f"dialogue_problems.{problem.code}", detail=problem.detail)
            console.print(f"{problem.dialogue}: {problem.at}: {said}", markup=False, soft_wrap=True)
        console.print(words.text("cli.dialogue.checked", problems=len(broken) + len(found)))
    raise typer.Exit(65 if broken or found else 0)


COMMANDS = {"check": check}
