"""Commands of guided modes: `assistant dialogue …`. Registered by `cli`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import config, service
from ..dialogues.conversation import Act, confirmed, understood
from ..dialogues.guided import Opened, View
from ..dialogues.wording import said
from ..domain.dialogues import Field, Option, Step, StepKind
from ..errors import AssistantError, ReplyError, UsageError
from ..prompts import Words
from . import render, schemas

Json = Annotated[bool, typer.Option("--json")]
Indexes = Annotated[Path | None, typer.Option()]
Lang = Annotated[str | None, typer.Option()]
ROWS = (StepKind.TABLE, StepKind.GROUP)


def register(app: Any) -> None:
    """Add the commands to the application."""
    group = typer.Typer(no_args_is_help=True)
    for name, function in COMMANDS.items():
        group.command(name)(function)
    app.add_typer(group, name="dialogue")


def list_(lang: Lang = None, as_json: Json = False) -> None:
    built = _service()
    chosen = _lang(built, lang)
    words, found = built.words[chosen], built.guided.definitions
    if as_json:
        rows = [schemas.mode(dialogue, chosen) for dialogue in found.dialogues.values()]
        print(schemas.line({"dialogues": rows, "broken": [schemas.error(one, words) for one in found.broken]}))
        return
    table = Table(*(words.text(f"cli.dialogue.{name}") for name in ("mode", "what", "time")), show_lines=True)
    for one in found.dialogues.values():
        what = f"{said(one.title, chosen)}\n{said(one.summary, chosen)}"
        table.add_row(one.id, what, words.text("cli.dialogue.minutes", minutes=one.minutes))
    render.console().print(table)
    for broken in found.broken:
        print(schemas.error(broken, words)["message"], file=sys.stderr)


def run(
    name: Annotated[str | None, typer.Argument()] = None,
    code: Annotated[str | None, typer.Option("--code")] = None,
    lang: Lang = None,
    indexes: Indexes = None,
) -> None:
    built = _service(indexes)
    if code is None:
        if name is None:
            raise UsageError(reason="NAME")
        code, opened = built.guided.begin(name, _lang(built, lang))
    else:
        opened = built.guided.open(code)
    _Talk(built, code, opened).hold()


def report(
    code: str,
    output: Annotated[Path | None, typer.Option("--output", "-o")] = None,
    kind: Annotated[str, typer.Option("--format")] = "",
    before: Annotated[str | None, typer.Option("--before")] = None,
    indexes: Indexes = None,
) -> None:
    built = _service(indexes)
    opened = built.guided.open(code)
    earlier = built.guided.open(before) if before else None
    from .exports import reports  # matplotlib and WeasyPrint are for those who have something to report

    made = built.guided.report(opened, datetime.now(UTC), earlier)
    wanted = kind or (output.suffix.lstrip(".").lower() if output else "md")
    if wanted not in reports.TYPES:
        raise UsageError(reason=f"--format {', '.join(reports.TYPES)}")
    content = reports.write(made, built.words[opened.session.lang], wanted)
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    output.write_bytes(content)
    render.console(stderr=True).print(built.words[opened.session.lang].text("cli.dialogue.written", file=output.name))


def delete(code: str) -> None:
    built = _service()
    built.guided.remove(code)
    render.console().print(built.words[built.settings.lang].text("cli.dialogue.deleted"))


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
            console.print(words.text("errors.dialogue.message", **error.details), markup=False, soft_wrap=True)
        for problem in found:
            told = words.text(f"dialogue_problems.{problem.code}", detail=problem.detail)
            console.print(f"{problem.dialogue}: {problem.at}: {told}", markup=False, soft_wrap=True)
        console.print(words.text("cli.dialogue.checked", problems=len(broken) + len(found)))
    raise typer.Exit(65 if broken or found else 0)


COMMANDS: dict[str, Callable[..., None]] = {
    "list": list_,
    "run": run,
    "report": report,
    "delete": delete,
    "check": check,
}


def _service(indexes: Path | None = None) -> service.Service:
    built = service.build(config.load(indexes=indexes))
    built.stores.database.upgrade()
    return built


def _lang(built: service.Service, lang: str | None) -> str:
    if lang is not None and lang not in built.words:
        raise UsageError(reason=f"--lang {', '.join(built.words)}")
    return lang or built.settings.lang


class _Talk:
    """One run on a terminal: a step at a time, until nothing is left, somebody stops or the input ends."""

    def __init__(self, built: service.Service, code: str, opened: Opened) -> None:
        self._built, self._guided, self._code = built, built.guided, code
        self._opened = opened
        self._console: Console = render.console()

    @property
    def _words(self) -> Words:
        return self._built.words[self._opened.session.lang]

    def hold(self) -> None:
        """The whole talk."""
        dialogue, lang = self._opened.dialogue, self._opened.session.lang
        self._console.print(Text(render.safe(said(dialogue.title, lang)), style="bold"))
        self._console.print(Text(render.safe(said(dialogue.summary, lang))))
        self._tell("code", code=self._code, days=self._built.settings.retention.runs_days)
        self._tell("how")
        if self._opened.newer is not None:
            self._tell("newer")
        step = ""
        while (view := self._guided.view(self._opened, step)).step is not None:
            self._show(view)
            following = self._taken(view)
            if following is None:
                self._tell("stopped", code=self._code)
                return
            step = following
        self._tell("finished", code=self._code)

    def _taken(self, view: View) -> str | None:
        """The step to show next ("" = whatever comes), None to stop."""
        assert view.step is not None
        if view.step.kind in ROWS:
            return self._rows(view)
        line = self._line("> ")
        if line is None:
            return None
        turn = understood(self._guided, self._opened, view.step, line)
        if turn.act is Act.CONFIRM and turn.option is not None:
            answer = self._line(
                self._words.text("cli.dialogue.meant", option=said(turn.option.text, self._opened.session.lang)) + " "
            )
            if not confirmed(self._guided, answer or ""):
                return view.step.id
            return self._said(view.step, turn.raw)
        if turn.act is Act.REPLY:
            return self._said(view.step, turn.raw)
        if turn.act is Act.ABSENT:
            return self._said(view.step, None, absent=turn.absent)
        if turn.act is Act.QUESTION:
            self._answer(turn.question)
            return view.step.id
        if turn.act is Act.BACK:
            return view.previous or view.step.id
        if turn.act is Act.REVIEW:
            self._review()
            return view.step.id
        if turn.act is Act.REPORT:
            self._tell("partial_report", code=self._code)
            return view.step.id
        return None

    def _said(self, step: Step, raw: Any, **given: Any) -> str:
        """Reply; the step to show next, the same when the reply was refused."""
        try:
            self._opened = self._guided.say(self._code, step.id, raw, **given)
        except ReplyError as error:
            self._complain(error)
            return step.id
        titles = {one.id: said(one.text, self._opened.session.lang) for one in self._opened.dialogue.steps}
        for gone in self._opened.forgotten:
            self._tell("forgotten", step=titles[gone])
        following = self._guided.view(self._opened, after=step.id).step
        return following.id if following else ""

    def _rows(self, view: View) -> str | None:
        """A table's rows or a group's records, cell by cell; an empty first cell ends a group."""
        step, lang = view.step, self._opened.session.lang
        assert step is not None
        rows: list[dict[str, str]] = []
        wanted: tuple[Option | None, ...] = step.rows or (None,) * step.max_rows
        for number, row in enumerate(wanted, 1):
            name = said(row.text, lang) if row else self._words.text("cli.dialogue.record", number=number)
            self._console.print(Text(render.safe(name), style="bold"))
            cells = {"row": row.id} if row else {}
            for place, column in enumerate(step.fields):
                line = self._line(self._prompt(column, view.columns.get(column.id, ())))
                if line is None or self._guided.vocabulary.says("stop", line):
                    return None
                if place == 0 and row is None:
                    if self._guided.vocabulary.says("back", line):
                        return view.previous or step.id
                    if not rows and (absent := self._guided.vocabulary.absent(line)) is not None:
                        return self._said(step, None, absent=absent)
                    if not line.strip():
                        break
                cells[column.id] = line
            else:
                rows.append(cells)
                continue
            break
        return self._said(step, rows) if rows else step.id

    def _prompt(self, column: Field, offered: tuple[Option, ...]) -> str:
        lang = self._opened.session.lang
        listed = "; ".join(f"{n}. {said(option.text, lang)}" for n, option in enumerate(offered, 1))
        return render.safe(f"  {said(column.text, lang)}{f' ({listed})' if listed else ''}: ")

    def _show(self, view: View) -> None:
        step, lang = view.step, self._opened.session.lang
        assert step is not None
        progress = view.progress
        self._console.print()
        self._tell("progress", number=view.number, asked=progress.asked, answered=progress.answered)
        self._console.print(Text(render.safe(view.wording.text(step.text)), style="bold"))
        for text in (step.help, step.example):
            if text:
                self._console.print(Text(render.safe(view.wording.text(text)), style="dim"))
        for number, option in enumerate(view.options, 1):
            helped = f" – {said(option.help, lang)}" if option.help else ""
            self._console.print(Text(render.safe(f"  {number}. {said(option.text, lang)}{helped}")))
        for anchor in step.anchors:
            self._console.print(Text(render.safe(f"  {anchor.level} – {said(anchor.text, lang)}")))
        if step.why:
            place = f" [{view.source.path} › {view.source.heading}]" if view.source else ""
            why = self._words.text("cli.dialogue.why", why=view.wording.text(step.why), place=place)
            self._console.print(Text(render.safe(why), style="dim italic"))
        if view.reply is not None and view.reply.value is not None:
            self._tell("now", reply="; ".join(view.wording.value(step, view.reply)))

    def _answer(self, question: str) -> None:
        try:
            answer = self._built.ask(question, None)
        except AssistantError as error:  # the mode goes on without
            self._complain(error)
            return
        contexts = [render.Context("", "", True) for _ in answer.citations]
        self._console.print(render.answer(answer, contexts, self._words))

    def _review(self) -> None:
        wording = self._guided.wording(self._opened)
        steps = {one.id: one for one in self._opened.dialogue.steps}
        for reply in self._opened.session.replies:
            told = "; ".join(wording.value(steps[reply.step], reply)) or self._words.text(
                f"dialogues.absent.{(reply.absent or 'skipped')}"
            )
            self._console.print(Text(render.safe(f"· {wording.text(steps[reply.step].text)} → {told}")))

    def _line(self, prompt: str) -> str | None:
        self._console.print(Text(prompt), end="")
        try:
            return input()
        except (EOFError, KeyboardInterrupt):
            self._console.print()
            return None

    def _tell(self, key: str, **details: object) -> None:
        self._console.print(Text(render.safe(self._words.text(f"cli.dialogue.{key}", **details))))

    def _complain(self, error: AssistantError) -> None:
        shown = schemas.error(error, self._words)
        self._console.print(Text(render.safe(f"{shown['message']} {shown['hint']}"), style="yellow"))
