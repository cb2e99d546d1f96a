"""Liquid texts made into programs of plain functions, which run with a budget. Pure.

python-liquid parses; what it parsed is walked here, and only what stands here can run: output, if, unless, case, for,
assign, capture. A program reaches the values it is given and nothing else; its steps and its output are counted.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from liquid import Environment
from liquid.ast import BlockNode, ConditionalBlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import Path
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.builtin.tags.for_tag import BreakNode, ContinueNode, ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.inline_comment_tag import InlineCommentNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.exceptions import LiquidError
from markupsafe import escape

from mailing.rendering.expressions import (
    COMPARISONS,
    Read,
    Reading,
    Scope,
    Use,
    is_there,
    line_of,
    path_text,
    paths_in,
    read,
    read_filtered,
)
from mailing.rendering.filters import MAX_ITEMS, MAX_STRING, number, words
from mailing.rendering.scanning import MAX_DEPTH, LiquidProblem, scan

MAX_STEPS, MAX_OUTPUT = 20_000, 400_000
EQUAL = COMPARISONS[0][1]
MARKUP = re.compile(r"""[&<>"']""")


class _Break(Exception):
    """Out of the loop."""


class _Continue(Exception):
    """On to the next item."""


class _State:
    """One run: the values, what was written, and what it cost."""

    __slots__ = ("out", "scope", "size", "steps")

    def __init__(self, scope: Scope) -> None:
        self.scope, self.out = scope, list[str]()
        self.size = self.steps = 0

    def write(self, text: str) -> None:
        self.out.append(text)
        self.size += len(text)

    def step(self, weight: int) -> None:
        """Asked at every turn of a loop, and at the end: between, a text grows by little."""
        self.steps += weight
        if self.steps > MAX_STEPS:
            raise LiquidProblem(f"its loops take more than {MAX_STEPS:,} steps: loop over less")
        if self.size > MAX_OUTPUT:
            raise LiquidProblem(f"it grows beyond {MAX_OUTPUT:,} characters: show less")


Step = Callable[[_State], None]


@dataclass(frozen=True, slots=True)
class Program:
    """A text ready to be filled. `uses`: every variable it reads, in reading order."""

    steps: tuple[Step, ...]
    uses: tuple[Use, ...]

    def run(self, values: Mapping[str, Any]) -> str:
        """The text filled with plain values (texts, numbers, lists, dicts); raises LiquidProblem."""
        state = _State(dict(values))
        try:
            for step in self.steps:
                step(state)
        except RecursionError as error:
            raise LiquidProblem("it is nested too deep: flatten it") from error
        state.step(0)
        return "".join(state.out)


def program(text: str, *, locale: str = "en", escapes: bool) -> Program:
    """The program of a text; what it prints is escaped for HTML where `escapes`. Raises LiquidProblem."""
    scan(text)
    try:
        parsed = _environment().from_string(text)
        reading = Reading(locale)
        steps = _Writer(reading, escapes).steps(parsed.nodes)
    except LiquidProblem:
        raise
    except LiquidError as error:
        raise LiquidProblem(_said(error), line_of(error)) from error
    except (RecursionError, ValueError, OverflowError) as error:
        raise LiquidProblem(f"it cannot be read: {error}") from error
    return Program(steps, tuple(reading.uses))


@cache
def _environment() -> Environment:
    """Parses only: nothing of it ever runs, and it has no loader."""

    class Parser(Environment):
        block_nesting_limit = MAX_DEPTH + 5

    return Parser(strict_filters=False)


def _said(error: LiquidError) -> str:
    text = str(error.message).rstrip(".")
    return f"it is no Liquid: {text}"


class _Writer:
    """Makes steps of parsed nodes."""

    def __init__(self, reading: Reading, escapes: bool) -> None:
        self.reading, self.escapes = reading, escapes

    def steps(self, nodes: Sequence[Node]) -> tuple[Step, ...]:
        made = (self.step(node) for node in nodes if not isinstance(node, CommentNode | InlineCommentNode))
        return tuple(made)

    def step(self, node: Node) -> Step:
        self.reading.weight += 1
        if isinstance(node, ContentNode):
            return _written(node.text)
        if isinstance(node, OutputNode):
            return self._output(node)
        if isinstance(node, IfNode | UnlessNode):
            return self._if(node)
        if isinstance(node, ForNode):
            return self._for(node)
        if isinstance(node, CaseNode):
            return self._case(node)
        if isinstance(node, AssignNode):
            return self._assign(node)
        if isinstance(node, CaptureNode):
            return self._capture(node)
        if isinstance(node, BreakNode | ContinueNode):
            return _leave(_Break if isinstance(node, BreakNode) else _Continue)
        raise LiquidProblem("this tag is not available here", line_of(node))

    def _output(self, node: OutputNode) -> Step:
        value = read_filtered(node.expression, self.reading, is_shown=True)
        if not self.escapes:
            return lambda state: state.write(_cut(value(state.scope)))

        def output(state: _State) -> None:
            text = value(state.scope)
            if text.__class__ is not str:
                text = words(text)
            if text:
                state.write(str(escape(text)) if MARKUP.search(text) else text)

        return output

    def _if(self, node: IfNode | UnlessNode) -> Step:
        first = read(node.condition, self.reading)
        if isinstance(node, UnlessNode):
            positive = first
            first = lambda scope: not is_there(positive(scope))  # noqa: E731
        arms = [(first, self._asking(node.condition, node.consequence))]
        for other in node.alternatives:
            assert isinstance(other, ConditionalBlockNode)
            arms.append((read(other.expression, self.reading), self._asking(other.expression, other.block)))
        last = self.steps(node.default.nodes) if node.default else ()
        if len(arms) == 1:
            return _if_one(first, arms[0][1], last)

        def choose(state: _State) -> None:
            taken = last
            for asks, steps in arms:
                if is_there(asks(state.scope)):
                    taken = steps
                    break
            for step in taken:
                step(state)

        return choose

    def _asking(self, condition: Any, block: BlockNode) -> tuple[Step, ...]:
        """The steps below a condition: what it asks for is known to be there."""
        before = self.reading.asked
        found = (path_text(path, self.reading) for path in paths_in(condition))
        self.reading.asked = (*before, *(text for text in found if text))
        try:
            return self.steps(block.nodes)
        finally:
            self.reading.asked = before

    def _for(self, node: ForNode) -> Step:
        loop, reading = node.expression, self.reading
        items = read(loop.iterable, reading)
        limit = read(loop.limit, reading) if loop.limit is not None else None
        offset = read(loop.offset, reading) if loop.offset is not None else None
        over = path_text(loop.iterable, reading) if isinstance(loop.iterable, Path) else ""
        before, weight, counts = dict(reading.names), reading.weight, reading.counts
        reading.counts = False
        reading.names |= {loop.identifier: f"{over}[]" if over else "", "forloop": "forloop"}
        told = len(reading.asked)
        reading.asked = (*reading.asked, over) if over else reading.asked
        body = self.steps(node.block.nodes)
        reading.names, reading.asked = before, reading.asked[:told]
        otherwise = self.steps(node.default.nodes) if node.default else ()
        cut = _Cut(items, limit, offset, loop.reversed)
        tells, reading.counts = reading.counts, reading.counts or counts
        return _looped(str.__str__(loop.identifier), cut, body, otherwise, max(reading.weight - weight, 1), tells=tells)

    def _case(self, node: CaseNode) -> Step:
        value = read(node.expression, self.reading)
        arms: list[tuple[list[Read], tuple[Step, ...]]] = []
        last: tuple[Step, ...] = ()
        for block in node.blocks:
            if isinstance(block, MultiExpressionBlockNode):
                wanted = [read(one, self.reading) for one in block.expression.expressions]
                arms.append((wanted, self.steps(block.block.nodes)))
            else:
                last = self.steps(block.nodes)

        def choose(state: _State) -> None:
            found = value(state.scope)
            matching = (steps for wanted, steps in arms if any(EQUAL(found, one(state.scope)) for one in wanted))
            for step in next(matching, last):
                step(state)

        return choose

    def _assign(self, node: AssignNode) -> Step:
        name, expression = str(node.name), node.expression
        value = read_filtered(expression, self.reading, is_shown=False)
        left, plain = getattr(expression, "left", None), not getattr(expression, "filters", None)
        self.reading.names[name] = path_text(left, self.reading) if plain and isinstance(left, Path) else ""

        def assign(state: _State) -> None:
            state.scope[name] = value(state.scope)

        return assign

    def _capture(self, node: CaptureNode) -> Step:
        """Captures text, not markup: it is escaped where it is printed, like every value."""
        name = str(node.name)
        steps = _Writer(self.reading, escapes=False).steps(node.block.nodes)
        self.reading.names[name] = ""

        def capture(state: _State) -> None:
            before, state.out = state.out, []
            for step in steps:
                step(state)
            text, state.out = "".join(state.out), before
            if len(text) > MAX_STRING:
                raise LiquidProblem(f"“{name}” captures more than {MAX_STRING:,} characters")
            state.scope[name] = text

        return capture


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a loop goes over."""

    items: Read
    limit: Read | None
    offset: Read | None
    is_reversed: bool

    def of(self, scope: Scope) -> list[Any]:
        found = self.items(scope)
        if isinstance(found, dict):
            found = [[key, value] for key, value in found.items()]
        if not isinstance(found, list):
            found = [] if found is None or found == "" else [found]
        start = max(int(number(self.offset(scope))), 0) if self.offset else 0
        stop = start + max(int(number(self.limit(scope))), 0) if self.limit else MAX_ITEMS
        part = found[start:stop]
        return part[::-1] if self.is_reversed else part


def _looped(name: str, cut: _Cut, body: Sequence[Step], otherwise: Sequence[Step], weight: int, *, tells: bool) -> Step:
    """`tells`: whether `forloop` is asked for inside."""

    def loop(state: _State) -> None:
        scope, items = state.scope, cut.of(state.scope)
        if not items:
            for step in otherwise:
                step(state)
            return
        outer, around = scope.get(name), scope.get("forloop")
        try:
            for index, item in enumerate(items):
                state.step(weight)
                scope[name] = item
                if tells:
                    scope["forloop"] = _forloop(index, len(items), around)
                try:
                    for step in body:
                        step(state)
                except _Continue:
                    continue
        except _Break:
            pass
        scope[name], scope["forloop"] = outer, around

    return loop


def _forloop(index: int, length: int, around: Any) -> dict[str, Any]:
    return {
        "index": index + 1,
        "index0": index,
        "rindex": length - index,
        "length": length,
        "first": index == 0,
        "last": index == length - 1,
        "parentloop": around,
    }


def _if_one(asks: Read, then: Sequence[Step], otherwise: Sequence[Step]) -> Step:
    def choose(state: _State) -> None:
        for step in then if is_there(asks(state.scope)) else otherwise:
            step(state)

    return choose


def _written(text: str) -> Step:
    size = len(text)

    def write(state: _State) -> None:
        state.out.append(text)
        state.size += size

    return write


def _leave(kind: type[Exception]) -> Step:
    def leave(state: _State) -> None:
        raise kind

    return leave


def _cut(value: Any) -> str:
    return value if value.__class__ is str else words(value)
