"""What is known beside events and traits: segments, lists, identifiers, scores."""

from segments.rules.facts import DAY_US, Consented
from tests.segments.spec.cases import NOW_US, Case, Section, person

SEGMENTS = Section(
    "Other segments",
    "A rule may use another segment by its slug. That one is kept true first; a circle is refused.",
    {
        "ada": person().known(segments=frozenset({"vip", "new"})),
        "ben": person(country="DE").known(segments=frozenset({"new"})),
        "cid": person(country="DE"),
    },
    (
        Case({"in_segment": "vip"}, "ada"),
        Case({"not": {"in_segment": "vip"}}, "ben cid"),
        Case({"all": [{"in_segment": "new"}, {"trait": "country", "is": "eq", "value": "DE"}]}, "ben"),
        Case({"in_segment": "gone"}, "", "nobody is in a segment that does not exist"),
    ),
)
LISTS = Section(
    "Static lists",
    "Lists hang on identifiers: who is named by any identifier of theirs is on it, after a merge too.",
    {
        "ada": person().known(lists=frozenset({"fair-2026"})),
        "ben": person().known(lists=frozenset({"press", "fair-2026"})),
        "cid": person(),
    },
    (
        Case({"in_list": "fair-2026"}, "ada ben"),
        Case({"all": [{"in_list": "fair-2026"}, {"not": {"in_list": "press"}}]}, "ada"),
    ),
)
IDENTIFIERS = Section(
    "Known by",
    "`device` stands for every kind that names a device. Any other kind is asked as it is stored.",
    {
        "ada": person().known(kinds=frozenset({"email", "user_id"})),
        "ben": person().known(kinds=frozenset({"anonymous_id", "ios.idfv"})),
        "cid": person().known(kinds=frozenset({"phone", "crm_id", "push_token"})),
    },
    (
        Case({"has": "email"}, "ada"),
        Case({"has": "phone"}, "cid"),
        Case({"has": "device"}, "ben cid"),
        Case({"has": "crm_id"}, "cid"),
        Case({"not": {"any": [{"has": "email"}, {"has": "phone"}]}}, "ben", "cannot be written to"),
    ),
)
SCORES = Section(
    "Scores",
    "A score is computed and has an age. One that is missing, or older than `fresh_within`, meets no condition.",
    {
        "ada": person().known(computed={"score.churn": 0.82, "score.churn.at": "2027-01-12T03:00:00Z"}),
        "ben": person().known(computed={"score.churn": 0.7, "score.churn.at": "2027-01-08T08:00:00Z"}),
        "cid": person().known(computed={"score.churn": 0.1, "score.churn.at": "2027-01-15T03:00:00Z"}),
        "dot": person(),
    },
    (
        Case({"score": "churn", "is": "gte", "value": 0.7}, "ada ben"),
        Case({"score": "churn", "is": "gte", "value": 0.7, "fresh_within": {"days": 7}}, "ada", "ben's is 7 days old"),
        Case({"score": "churn", "is": "ne", "value": 0.1}, "ada ben dot"),
        Case({"score": "churn", "is": "ne", "value": 0.1, "fresh_within": {"days": 30}}, "ada ben", "dot has none"),
    ),
)
CONSENTS = Section(
    "Consent",
    "What the consent gate says: the ledger, the parents of the purpose and the law that holds for the person. What is "
    "not granted is denied, whyever.",
    {
        "ada": person(country="DE").known(consents={"email_marketing": Consented(True)}),
        "ben": person(country="DE").known(consents={"email_marketing": Consented(True, NOW_US + 3 * DAY_US)}),
        "cid": person(country="DE").known(consents={"email_marketing": Consented(False)}),
        "dot": person(),
    },
    (
        Case({"consent": "email_marketing", "is": "granted"}, "ada ben", "ben's yes grows old in three days"),
        Case({"consent": "email_marketing", "is": "denied"}, "cid dot"),
        Case(
            {
                "all": [
                    {"trait": "country", "is": "eq", "value": "DE"},
                    {"not": {"consent": "email_marketing", "is": "granted"}},
                ]
            },
            "cid",
        ),
    ),
)
SECTIONS = (CONSENTS, SEGMENTS, LISTS, IDENTIFIERS, SCORES)
