"""What files say about consent: never over a refusal, never a letter, and nothing of the erased."""

from datetime import UTC, datetime

import pytest

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash, identifier_hash
from cdp.outbox.models import TopicRow
from consent import queries
from consent import services as consent
from consent.contracts import EMAIL_MARKETING, GRANTED, PENDING, WITHDRAWN, Subject
from consent.models import Entry, Tombstone
from profiles.models import Identifier
from tests.imports.world import run, take

pytestmark = pytest.mark.django_db(transaction=True)
MAPPING = {
    "mail": "email",
    "news": "consent:email_marketing",
    "since": "consent_time",
    "how": "consent_proof",
}
JANE = "jane@example.com"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def said() -> list[tuple[str, str, datetime]]:
    rows = Entry.objects.filter(method="import").order_by("occurred_at")
    return list(rows.values_list("state", "method", "occurred_at"))


def file(*rows: str) -> str:
    return "\n".join(["mail,news,since,how", *rows])


def allowed() -> tuple[bool, str]:
    found = queries.allows(Subject(address_hash=address_hash(JANE)), EMAIL_MARKETING, utc_now())
    return found.allowed, found.reason


def test_a_proven_dated_yes_counts_from_its_date() -> None:
    run(take(file(f"{JANE},yes,2025-02-01,double opt-in by the old shop"), "people", mapping=MAPPING))
    assert said() == [(GRANTED, "import", datetime(2025, 2, 1, tzinfo=UTC))]
    assert allowed() == (True, GRANTED)


@pytest.mark.parametrize(
    ("row", "state"),
    [(f"{JANE},yes,,", PENDING), (f"{JANE},yes,2099-01-01,", None), (f"{JANE},yes,2025-02-01,", PENDING),
     (f"{JANE},yes,,a form", GRANTED)],
)  # fmt: skip
def test_a_yes_without_its_date_or_proof_counts_from_the_beginning_of_time(row: str, state: str | None) -> None:
    run(take(file(row), "people", mapping=MAPPING))
    assert said() == ([] if state is None else [(state, "import", BEGINNING)])
    assert not TopicRow.objects.filter(topic="consent.pending").exists()


def test_a_file_never_lifts_a_refusal() -> None:
    consent.choose(consent.Choice(EMAIL_MARKETING, WITHDRAWN, "page", address=JANE), now=utc_now())
    for row in (f"{JANE},yes,,", f"{JANE},yes,,a form", f"{JANE},yes,2025-02-01,a form"):
        run(take(file(row), "people", mapping=MAPPING))
        assert allowed() == (False, WITHDRAWN)


def test_a_no_counts_from_the_file_and_the_same_file_again_says_nothing_new() -> None:
    content = file(f"{JANE},no,,", "joe@example.com,,,")
    job = run(take(content, "people", mapping=MAPPING))
    assert said() == [(WITHDRAWN, "import", job.content_at)]
    run(take(content, "people", mapping=MAPPING))
    assert len(said()) == 1


def test_the_erased_stay_erased() -> None:
    Tombstone.objects.create(identifier_hash=identifier_hash("email", JANE), erased_at=utc_now(), refuses_all=False)
    run(take(file(f"{JANE},yes,2025-02-01,a form"), "people", mapping=MAPPING))
    assert said() == []
    assert not Identifier.objects.filter(value=JANE).exists()


def test_purposes_without_a_channel_go_by_the_strongest_identifier() -> None:
    run(take("id,mail,ads\nu1,j@example.com,no\n", "people", mapping={"id": "user_id", "mail": "email",
        "ads": "consent:third_party_sharing"}))  # fmt: skip
    entry = Entry.objects.get()
    assert Identifier.objects.get(pk=entry.identifier_id or 0).value == "u1"
