"""Uplift, pure: curves by hand and as scikit-uplift draws them, planted persuadables, a planted null, uploaded logs."""

import gzip

import msgspec
import numpy as np
import pytest

from experiments.uplift.compare import Compared, compare
from experiments.uplift.frame import Column, Encoding, Frame, FrameError
from experiments.uplift.learners import BY_KEY, KINDS
from experiments.uplift.logs import columns_of, frame_of, guessed, read_log
from experiments.uplift.qini import curve
from experiments.uplift.sampling import sampled
from experiments.uplift.words import advice, choice_words, headline

PLAIN = tuple(kind for kind in KINDS if not kind.key.endswith("trees"))


def persuadable(size: int, effect: float, seed: int = 11) -> Frame:
    """Half can be moved by so much, which a feature tells with noise; who is older comes more often anyway."""
    random = np.random.default_rng(seed)
    movable, treated = random.random(size) < 0.5, random.random(size) < 0.5
    age = random.normal(40, 10, size)
    chance = 0.1 + 0.5 * (age > 40) + effect * (movable & treated)
    columns: dict[str, Column] = {
        "hint": movable + random.normal(0, 0.3, size),
        "age": age,
        "city": np.where(random.random(size) < 0.5, "Ulm", "Bonn").astype(np.str_),
    }
    return Frame(columns, treated, (random.random(size) < chance).astype(np.float64))


def test_a_qini_curve_is_what_one_computes_by_hand() -> None:
    """In order: t 1, c 0, t 1, c 1, t 0, c 0. Qini: 1/3, 1/3, 2/3, (2 − 1 · 2 / 2) / 3, (2 − 1 · 3 / 2) / 3, 1/3."""
    score = np.array([6.0, 5, 4, 3, 2, 1])
    treated = np.array([True, False, True, False, True, False])
    outcome = np.array([1.0, 0, 1, 1, 0, 0])
    found = curve(score, treated, outcome)
    assert found.qini.tolist() == pytest.approx([0, 1 / 3, 1 / 3, 2 / 3, 1 / 3, 1 / 6, 1 / 3])
    assert found.uplift.tolist() == pytest.approx([0, 1 / 6, 1 / 3, 1 / 2, 1 / 3, (2 / 3 - 1 / 2) * 5 / 6, 1 / 3])
    between = (1 / 3 / 2 + 1 / 3 + 1 / 2 + 1 / 2 + 1 / 4 + 1 / 4) / 6
    assert found.coefficient == pytest.approx(between - 1 / 3 / 2)


def test_equal_scores_are_one_step_and_tell_nobody_apart() -> None:
    frame = persuadable(200, 0.3)
    found = curve(np.zeros(200), frame.treated, frame.outcome)
    assert found.share.tolist() == [0.0, 1.0]
    assert found.coefficient == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("size", "decimals", "coefficient", "auuc"),
    [(12, 1, 0.018253968253968248, 0.38409391534391535), (200, 2, 0.034467759092902714, 0.11362219381178523)],
)
def test_areas_are_those_below_the_curves_of_scikit_uplift(
    size: int, decimals: int, coefficient: float, auuc: float
) -> None:
    """The areas below qini_curve and uplift_curve of scikit-uplift 0.5.1 on these very rows, made per head. The package
    is no dependency, not even of tests: it wants matplotlib and warns of what scikit-learn will remove."""
    random = np.random.default_rng(7)
    score, treated = np.round(random.random(size), decimals), random.random(size) < 0.5
    outcome = (random.random(size) < 0.3 + 0.3 * treated * score).astype(np.float64)
    found = curve(score, treated, outcome)
    assert found.coefficient == pytest.approx(coefficient)
    assert found.auuc == pytest.approx(auuc)


def test_a_weight_counts_a_person_so_many_times() -> None:
    frame = persuadable(300, 0.3)
    weight = np.arange(300) % 3
    rows = np.repeat(np.arange(300), weight)
    score = frame.columns["age"].astype(np.float64)
    once = curve(score, frame.treated, frame.outcome, weight.astype(np.float64))
    many = curve(score[rows], frame.treated[rows], frame.outcome[rows])
    assert once.coefficient == pytest.approx(many.coefficient)


def test_planted_persuadables_are_found_and_the_response_model_is_beaten() -> None:
    found = compare(persuadable(2_400, 0.35))
    assert found.is_found
    assert not BY_KEY[found.chosen].is_response
    uplifts = [one.uplift for one in found.deciles]
    assert min(uplifts[:4]) > 0.3 > 0.1 > max(uplifts[-3:])
    response = found.marked("response")
    assert response.behind > 2 * response.noise > 0
    assert found.features[0].name == "hint"
    assert found.caveats == ()
    assert "finds whom the offer moves: +" in headline(found)
    assert msgspec.convert(msgspec.to_builtins(found), type=Compared) == found


def test_where_the_offer_moves_everybody_alike_nothing_is_found() -> None:
    found = compare(persuadable(1_500, 0.0), kinds=PLAIN)
    assert not found.is_found
    assert headline(found) == "Nothing is found: nobody can be told apart by how much the offer moves them"
    assert "chance alone may bring" in choice_words(found)
    assert found.caveats == ("Over all people the offer made no difference that stands out from chance.",)
    assert advice(found).startswith("Keep to everybody or nobody")


def test_where_it_moves_those_who_buy_most_the_response_model_is_used() -> None:
    random = np.random.default_rng(5)
    likely, treated = random.random(3_000), random.random(3_000) < 0.5
    outcome = (random.random(3_000) < likely * (0.4 + 0.3 * treated)).astype(np.float64)
    noise = {f"noise {at}": random.normal(size=3_000) for at in range(8)}
    frame = Frame({"likely": likely, **noise}, treated, outcome)
    found = compare(frame, kinds=PLAIN)
    assert (found.chosen, found.is_found) == ("response", True)
    assert compare(frame, kinds=PLAIN) == found
    assert headline(found) == "The response model ranks no worse than any learner: use it"


def test_sides_that_differed_before_are_told() -> None:
    frame = persuadable(1_200, 0.3)
    biased = Frame(frame.columns, frame.columns["age"].astype(np.float64) > 42, frame.outcome)
    assert any(
        "differed before the offer" in words and "“age”" in words for words in compare(biased, kinds=PLAIN).caveats
    )


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (persuadable(400, 0.3), "Too few to tell people apart: .* treated, .* It takes 300 on each side"),
        (Frame({"one": np.ones(900)}, np.arange(900) % 2 == 0, (np.arange(900) % 3 == 0) * 1.0), "says the same of"),
    ],
)
def test_too_little_is_said_and_not_guessed(frame: Frame, message: str) -> None:
    with pytest.raises(FrameError, match=message):
        compare(frame)


def test_columns_become_numbers_the_same_way_for_others() -> None:
    columns = {
        "city": np.array(["Ulm", "Bonn", "Ulm", ""]),
        "age": np.array([20.0, np.nan, 40.0, 60.0]),
        "same": np.ones(4),
    }
    encoding = Encoding.of(columns)
    assert encoding.names == ("city = Ulm", "city = not known", "city = Bonn", "age", "age not known")
    others = {"city": np.array(["Bonn", "Oslo"]), "age": np.array([np.nan, 30.0]), "same": np.ones(2)}
    assert encoding.apply(others).tolist() == [[0, 0, 1, 40, 1], [0, 0, 0, 30, 0]]


HEAD = "id,mail,recency,channel,segment,visit,conversion,spend"
ROWS = [
    f"{7_000 + at},p{at}@example.com,{at % 12},{'Web' if at % 2 else 'Phone'},"
    f"{('Womens E-Mail', 'No E-Mail', 'Mens E-Mail')[at % 3]},{at % 5 == 0:d},0,{at % 7}"
    for at in range(300)
]


def test_a_log_is_kept_without_what_names_people_and_its_columns_are_guessed() -> None:
    log = read_log(gzip.compress("\n".join([HEAD, *ROWS]).encode()))
    assert [name for name, _ in log.dropped] == ["id", "mail"]
    assert [column.name for column in log.columns] == ["recency", "channel", "segment", "visit", "conversion", "spend"]
    spec = guessed(log.columns)
    assert (spec.treatment, spec.control, spec.outcome) == ("segment", "No E-Mail", "visit")
    assert spec.features == ("recency", "channel")
    frame = frame_of(log.table, spec)
    assert (len(frame), int(frame.treated.sum())) == (200, 100)
    assert columns_of(log.table, ["channel"])["channel"][:2].tolist() == ["Phone", "Web"]


def test_semicolons_other_letters_and_yes_and_no_are_read() -> None:
    log = read_log("grüppe;ja;alter\na;yes;1\nb;no;2\n".encode("cp1252"))
    assert [(one.name, one.kind, one.values) for one in log.columns] == [
        ("grüppe", "words", ("a", "b")),
        ("ja", "number", ("1", "0")),
        ("alter", "number", ("1", "2")),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no CSV file"),
        (b"one\n1\n", "at least three columns"),
        (b"\x1f\x8bbroken", "packed file is broken"),
    ],
)
def test_what_is_no_log_is_refused_with_a_reason(data: bytes, message: str) -> None:
    with pytest.raises(FrameError, match=message):
        read_log(data)


def test_a_long_log_is_drawn_from_always_the_same_way() -> None:
    frame = persuadable(1_000, 0.3)
    (one, left), (other, _) = sampled(frame, 100), sampled(frame, 100)
    assert (len(one), left) == (100, {"sampled": 900})
    assert one.outcome.tolist() == other.outcome.tolist()
    assert sampled(frame) == (frame, {})
