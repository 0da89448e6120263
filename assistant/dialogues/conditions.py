"""What follows from replies: whether a condition holds, and the numbers that are computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, DivisionByZero, InvalidOperation
from functools import cached_property

from ..domain.dialogues import Computed, Condition, Dialogue, Expression, Field, Option, Reply, Step, StepKind


@dataclass(frozen=True)
class Facts:
    """The replies to one dialogue, asked about."""

    dialogue: Dialogue
    replies: Mapping[str, Reply]

    # names

    @cached_property
    def steps(self) -> dict[str, Step]:
        """By id."""
        return {step.id: step for step in self.dialogue.steps}

    @cached_property
    def computed(self) -> dict[str, Computed]:
        """By id."""
        return {one.id: one for one in self.dialogue.computed}

    def answered(self, name: str) -> bool:
        """Whether a step has a value, a group at least one record, a computed value is there."""
        if name in self.computed:
            return self.number(self.computed[name].value) is not None
        values = self.values(name)
        return bool(values)

    def values(self, name: str) -> list[str | Decimal]:
        """Everything a step or "group.field" holds: words and ids as they are, numbers as Decimal; absent: nothing."""
        name, _, column = name.partition(".")
        if name in self.computed:
            number = self.number(self.computed[name].value)
            return [] if number is None else [number]
        reply = self.replies.get(name)
        if reply is None or reply.value is None:
            return []
        return list(_flat(reply.value, column))

    # conditions

    def holds(self, condition: Condition | None) -> bool:
        """None always holds."""
        if condition is None:
            return True
        if condition.op == "all":
            return all(map(self.holds, condition.parts))
        if condition.op == "any":
            return any(map(self.holds, condition.parts))
        if condition.op == "not":
            return not self.holds(condition.parts[0])
        if condition.op == "answered":
            return self.answered(condition.of) is bool(condition.value)
        return self._compares(condition, self.values(condition.of))

    def _compares(self, condition: Condition, values: list[str | Decimal]) -> bool:
        wanted = condition.value
        if not values:
            return False
        if condition.op in ("below", "above"):
            limit, numbers = _number(wanted), [value for value in map(_number, values) if value is not None]
            if limit is None:
                return False
            return any(value < limit if condition.op == "below" else value > limit for value in numbers)
        choices = wanted if isinstance(wanted, tuple) else (wanted,)
        if condition.op == "equals" and self._is_multi(condition.of):
            return set(values) == set(choices)
        return any(_same(value, choice) for value in values for choice in choices)

    def _is_multi(self, name: str) -> bool:
        return name in self.steps and self.steps[name].kind is StepKind.MULTI

    # numbers

    def number(self, expression: Expression) -> Decimal | None:
        """The value of an expression; None when nothing it needs is known."""
        if expression.op == "number":
            return expression.number
        if expression.op == "name":
            found = self._numbers(expression.name)
            return sum(found, Decimal()) if found else None
        if expression.op == "count":
            return Decimal(sum(self._size(part) for part in expression.parts))
        if expression.op == "days":
            return self._days(expression.parts)
        if expression.op in ("minus", "times", "ratio"):
            return _of_two(expression.op, *(self.number(part) for part in expression.parts))
        found = [number for part in expression.parts for number in self._operand(part)]
        if not found:
            return None
        if expression.op == "mean":
            return sum(found, Decimal()) / len(found)
        if expression.op == "sum":
            return sum(found, Decimal())
        return min(found) if expression.op == "min" else max(found)

    def numbers(self) -> dict[str, Decimal | None]:
        """Every computed value by its id."""
        return {one.id: self.number(one.value) for one in self.dialogue.computed}

    def _operand(self, part: Expression) -> list[Decimal]:
        if part.op == "name" and part.name not in self.computed:
            return self._numbers(part.name)
        value = self.number(part)
        return [] if value is None else [value]

    def _numbers(self, name: str) -> list[Decimal]:
        if name in self.computed:
            value = self.number(self.computed[name].value)
            return [] if value is None else [value]
        worth = {option.id: option.value for option in self._options(name) if option.value is not None}
        found = (worth.get(value) if isinstance(value, str) else value for value in self.values(name))
        return [number for number in found if isinstance(number, Decimal)]

    def _options(self, name: str) -> Iterable[Option]:
        step, _, column = name.partition(".")
        if step not in self.steps:
            return ()
        if not column:
            return self.steps[step].options
        return next((found.options for found in self.steps[step].fields if found.id == column), ())

    def _size(self, part: Expression) -> int:
        if part.op != "name":
            return 1 if self.number(part) is not None else 0
        reply = self.replies.get(part.name)
        if reply is not None and isinstance(reply.value, tuple):
            return len(reply.value)
        return len(self.values(part.name)) if "." in part.name else int(self.answered(part.name))

    def _days(self, parts: Iterable[Expression]) -> Decimal | None:
        ends = [self.values(part.name)[:1] for part in parts]
        try:
            first, second = (date.fromisoformat(str(found[0])) for found in ends)
        except (IndexError, ValueError):
            return None
        return Decimal((second - first).days)


def field(step: Step, name: str) -> Field | None:
    """A column by its id."""
    return next((found for found in step.fields if found.id == name), None)


def named(condition: Condition | None) -> set[str]:
    """Every name a condition looks at."""
    if condition is None:
        return set()
    return {condition.of} - {""} | {name for part in condition.parts for name in named(part)}


def operands(expression: Expression) -> set[str]:
    """Every name an expression looks at."""
    return {expression.name} - {""} | {name for part in expression.parts for name in operands(part)}


def _flat(value: object, column: str) -> Iterable[str | Decimal]:
    if isinstance(value, bool):
        yield "true"
    elif isinstance(value, (int, Decimal)):
        yield Decimal(value)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            if isinstance(part, Mapping):
                cell = part.get(column) if column else next(iter(part.values()), None)
                yield from _flat(cell, "") if cell not in (None, "") else ()
            else:
                yield str(part)


def _number(value: object) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _same(value: str | Decimal, choice: object) -> bool:
    number = _number(choice) if isinstance(value, Decimal) else None
    return value == number if number is not None else str(value) == str(choice)


def _of_two(op: str, first: Decimal | None, second: Decimal | None) -> Decimal | None:
    if first is None or second is None:
        return None
    if op == "minus":
        return first - second
    try:
        return first * second if op == "times" else first / second
    except (DivisionByZero, InvalidOperation):
        return None
