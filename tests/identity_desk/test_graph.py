"""The drawing: everything has a place of its own, at most sixty boxes, and the same person always looks the same."""

import pytest

from cdp.identity_desk import graph
from cdp.identity_desk.graph import Line, Node


def star(many: int) -> tuple[list[Node], list[Line]]:
    """One account with this many browsers, and fourteen other people whom refused links point at."""
    nodes = [Node("u", graph.ACCOUNTS, "user id", "u", "u")]
    nodes += [Node(f"a{n}", graph.DEVICES, "anonymous id", f"a{n}", f"a{n}") for n in range(many)]
    nodes += [Node(f"g{n}", graph.OTHERS, "another person", f"g{n}", f"g{n}", is_ghost=True) for n in range(14)]
    lines = [Line("u", f"a{n}", True, "") for n in range(many)]
    return nodes, lines + [Line("u", f"g{n}", False, "", "limit") for n in range(14)]


@pytest.mark.parametrize("many", [0, 5, 39, 150])
def test_boxes_never_overlap_and_are_sixty_and_some_sums_at_most(many: int) -> None:
    drawn = graph.layout(*graph.chosen(*star(many)))
    places = {(box.x, box.y) for box in drawn.boxes}
    assert len(places) == len(drawn.boxes)
    assert sum(not box.node.is_rest for box in drawn.boxes) <= graph.MOST_NODES
    assert all(box.x + graph.BOX_WIDTH <= drawn.width for box in drawn.boxes)
    assert all(box.y + graph.BOX_HEIGHT <= drawn.height for box in drawn.boxes)


def test_what_is_not_drawn_is_summed_up() -> None:
    nodes, _ = graph.chosen(*star(150))
    rest = {node.column: node.label for node in nodes if node.is_rest}
    drawn = sum(node.column == graph.DEVICES and not node.is_rest for node in nodes)
    assert rest == {graph.DEVICES: f"{150 - drawn} more", graph.OTHERS: "3 more"}


def test_the_same_person_always_looks_the_same() -> None:
    assert graph.layout(*graph.chosen(*star(150))) == graph.layout(*graph.chosen(*star(150)))


def test_a_person_of_one_identifier_is_one_box() -> None:
    drawn = graph.layout([Node("a", graph.DEVICES, "anonymous id", "a", "a")], [])
    assert (len(drawn.boxes), drawn.curves, drawn.headings) == (1, (), (("Devices and browsers", graph.MARGIN),))
