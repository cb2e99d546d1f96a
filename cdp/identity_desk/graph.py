"""The identity graph as a drawing: which nodes are drawn, where each stands, how the lines between them run. Pure.

Columns by strength of kind, left to right; beyond them other people whom a refused link points at. Everything is a
function of what is given, so the same person always looks the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_NODES = 60
MOST_GHOSTS = 12
COLUMN_ROWS = 10
BOX_WIDTH, BOX_HEIGHT = 188, 44
GAP_X, GAP_Y = 84, 16
MARGIN, HEAD = 12, 30
COLUMNS = ("Accounts", "Addresses", "Devices and browsers", "Other people")
ACCOUNTS, ADDRESSES, DEVICES, OTHERS = range(4)


@dataclass(frozen=True, slots=True)
class Node:
    """What is drawn as a box. `title` is shown on hover; `url` "" leads nowhere; `is_rest` sums up many."""

    key: str
    column: int
    kind: str
    label: str
    title: str
    url: str = ""
    is_ghost: bool = False
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Two nodes seen together; `joins` says whether that makes them one person, `why` why not (short, "" if so)."""

    a: str
    b: str
    joins: bool
    title: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A node at its place, in pixels from the top left; texts start at `text_x`."""

    node: Node
    x: int
    y: int

    @property
    def text_x(self) -> int:
        """Where its texts begin."""
        return self.x + 12

    @property
    def kind_y(self) -> int:
        """The base line of its kind."""
        return self.y + 17

    @property
    def label_y(self) -> int:
        """The base line of its value."""
        return self.y + 34


@dataclass(frozen=True, slots=True)
class Curve:
    """A line's path, and where the word why it does not count stands."""

    line: Line
    path: str
    word_x: int
    word_y: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it: pixels, boxes in reading order, curves, headings as (text, x)."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    headings: tuple[tuple[str, int], ...]


def chosen(nodes: Sequence[Node], lines: Sequence[Line], *, most: int = MOST_NODES) -> tuple[list[Node], list[Line]]:
    """What is drawn of a large graph: the strongest kinds, then who is linked most; the rest as one node a column."""
    degrees: dict[str, int] = {}
    for line in lines:
        for end in (line.a, line.b):
            degrees[end] = degrees.get(end, 0) + 1
    own = [node for node in nodes if not node.is_ghost]
    ghosts = [node for node in nodes if node.is_ghost]
    places = {node.key: place for place, node in enumerate(nodes)}
    own.sort(key=lambda node: (node.column, -degrees.get(node.key, 0), places[node.key]))
    ghosts.sort(key=lambda node: (-degrees.get(node.key, 0), places[node.key]))
    room = most - min(len(ghosts), MOST_GHOSTS)
    kept = own if len(own) <= room else own[: room - 1]
    drawn = [*kept, *(ghosts if len(ghosts) <= MOST_GHOSTS else ghosts[: MOST_GHOSTS - 1])]
    keys = {node.key for node in drawn}
    drawn += _rests([node for node in nodes if node.key not in keys])
    return drawn, [line for line in lines if line.a in keys and line.b in keys]


def layout(nodes: Sequence[Node], lines: Sequence[Line]) -> Drawing:
    """Place the nodes in columns, each near those it is linked with, and draw the lines."""
    beside = _beside(lines)
    boxes: dict[str, Box] = {}
    headings: list[tuple[str, int]] = []
    x = MARGIN
    for column, title in enumerate(COLUMNS):
        members = _ordered([node for node in nodes if node.column == column], boxes, beside)
        if not members:
            continue
        headings.append((title, x))
        for start in range(0, len(members), COLUMN_ROWS):
            for row, node in enumerate(members[start : start + COLUMN_ROWS]):
                boxes[node.key] = Box(node, x, MARGIN + HEAD + row * (BOX_HEIGHT + GAP_Y))
            x += BOX_WIDTH + GAP_X
    bends = max((abs(boxes[i.a].x - boxes[i.b].x) == 0 for i in lines), default=False)
    width = max(x - GAP_X, MARGIN + BOX_WIDTH) + (GAP_X // 2 if bends else 0) + MARGIN
    bottom = max((box.y for box in boxes.values()), default=0) + BOX_HEIGHT + MARGIN
    return Drawing(width, bottom, tuple(boxes.values()), tuple(_curve(line, boxes) for line in lines), tuple(headings))


def _beside(lines: Sequence[Line]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(line.a, []).append(line.b)
        found.setdefault(line.b, []).append(line.a)
    return found


def _ordered(members: Sequence[Node], boxes: Mapping[str, Box], beside: Mapping[str, list[str]]) -> list[Node]:
    """Each at the mean height of those to its left it is linked with; sums of the rest last."""

    def height(place: int, node: Node) -> tuple[bool, float, int]:
        heights = [boxes[key].y for key in beside.get(node.key, ()) if key in boxes]
        return node.is_rest, sum(heights) / len(heights) if heights else float("inf"), place

    return [node for _, node in sorted(enumerate(members), key=lambda pair: height(*pair))]


def _rests(left: Sequence[Node]) -> list[Node]:
    found = []
    for column, title in enumerate(COLUMNS):
        count = sum(node.column == column for node in left)
        if count:
            words = f"{count:,} more"
            found.append(
                Node(f"rest{column}", column, title.lower(), words, f"{words}: see the table below", "", is_rest=True)
            )
    return found


def _curve(line: Line, boxes: Mapping[str, Box]) -> Curve:
    a, b = sorted((boxes[line.a], boxes[line.b]), key=lambda box: (box.x, box.y))
    from_x, from_y, to_y = a.x + BOX_WIDTH, a.y + BOX_HEIGHT // 2, b.y + BOX_HEIGHT // 2
    if a.x == b.x:
        to_x, bend = from_x, GAP_X // 2
        path = f"M{from_x} {from_y}C{from_x + bend} {from_y} {to_x + bend} {to_y} {to_x} {to_y}"
        return Curve(line, path, from_x + bend, (from_y + to_y) // 2)
    to_x, bend = b.x, GAP_X // 2
    if to_x - from_x <= GAP_X:
        path = f"M{from_x} {from_y}C{from_x + bend} {from_y} {to_x - bend} {to_y} {to_x} {to_y}"
        return Curve(line, path, (from_x + to_x) // 2, (from_y + to_y) // 2 - 4)
    lane = a.y + BOX_HEIGHT + GAP_Y // 2  # between two rows, so that it touches no box it passes
    start, end = from_x + GAP_X, to_x - GAP_X
    path = (
        f"M{from_x} {from_y}C{from_x + bend} {from_y} {from_x + bend} {lane} {start} {lane}"
        f"L{end} {lane}C{to_x - bend} {lane} {to_x - bend} {to_y} {to_x} {to_y}"
    )
    return Curve(line, path, to_x - bend, (lane + to_y) // 2 - 4)
