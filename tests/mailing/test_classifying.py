"""Who opened or clicked: programs that call themselves one, filters that pretend to be browsers, and people."""

from datetime import UTC, datetime, timedelta

import pytest

from mailing.agents import kind_of
from mailing.classifying import CROWD, Hit, Verdict, classify, crowds_of
from mailing.tracking import HONEYPOT

SENT = datetime(2026, 11, 2, 9, tzinfo=UTC)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
)
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)"
OLD_OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; ms-office; MSOffice 16)"
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0"
HUMAN = Verdict("human")


def click(seconds: float, link: int = 0, *, agent: str = CHROME, network: bytes = b"home") -> Hit:
    return Hit("clicked", SENT + timedelta(seconds=seconds), kind_of(agent), link, network)


def opened(seconds: float, *, agent: str = OUTLOOK, network: bytes = b"home") -> Hit:
    return Hit("opened", SENT + timedelta(seconds=seconds), kind_of(agent), None, network)


def verdicts(*hits: Hit) -> list[tuple[str, str]]:
    return [(one.who, one.why) for one in classify(hits, handed_at=SENT)]


@pytest.mark.parametrize(
    ("agent", "kind", "who"),
    [
        ("", "none", "machine"),
        ("Mozilla/5.0", "Apple proxy", "machine"),
        ("BarracudaCentral/1.0", "scanner: Barracuda", "machine"),
        ("Mozilla/5.0 (compatible; proofpoint-urldefense)", "scanner: Proofpoint", "machine"),
        ("Mimecast URL Protect", "scanner: Mimecast", "machine"),
        ("Symantec.cloud link follower", "scanner: Symantec", "machine"),
        ("Mozilla/5.0 (compatible; FortiGuard-URL-Filter/1.0)", "scanner: Fortinet", "machine"),
        ("Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5", "preview", "machine"),
        ("Mozilla/5.0 (Windows NT 6.1) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b", "preview", "machine"),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "preview", "machine"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0 Safari/537.36",
         "bot", "machine"),
        ("python-requests/2.31.0", "bot", "machine"),
        ("curl/8.5.0", "bot", "machine"),
        ("Go-http-client/1.1", "bot", "machine"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
         "Safari/537.36 Edge/12.246 Mozilla/5.0", "prefetch", "machine"),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "Gmail proxy",
         "unknown"),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "Yahoo proxy", "unknown"),
        ("SomethingNew/1.0", "odd", "unknown"),
        (CHROME, "browser", "human"),
        (IPHONE, "browser", "human"),
        (ANDROID, "browser", "human"),
        (OUTLOOK, "mail program", "human"),
        (OLD_OUTLOOK, "mail program", "human"),
        (THUNDERBIRD, "mail program", "human"),
    ],
)  # fmt: skip
def test_what_a_program_says_of_itself(agent: str, kind: str, who: str) -> None:
    assert kind_of(agent) == kind
    assert verdicts(opened(3_600, agent=agent))[0][0] == who


def test_a_browser_that_prefetches_or_names_no_language_is_no_reader() -> None:
    assert kind_of(CHROME, is_prefetch=True) == "prefetch"
    assert kind_of(CHROME, has_language=False) == "bare"
    assert [one.why for one in classify([Hit("clicked", SENT, "bare", 0)], handed_at=None)] == ["no_language"]


@pytest.mark.parametrize(
    ("why", "hits"),
    [
        ("at_once", [click(2)]),
        ("many_links", [click(900, 0), click(901, 2), click(903, 5)]),
        ("many_links", [click(900, 4), click(900.4, 1)]),
        ("in_order", [click(900 + 12 * n, n) for n in range(4)]),
        ("honeypot", [click(900, HONEYPOT), click(930, 0), opened(40)]),
    ],
)
def test_a_filter_that_pretends_to_be_a_browser_is_told_by_what_it_does(why: str, hits: list[Hit]) -> None:
    """Each is of a real browser's user agent, so nothing else gives it away."""
    assert verdicts(*hits) == [("machine", why)] * len(hits)


def test_people_who_read_a_mail_stay_people() -> None:
    """The negative control: what people do, close to each of the patterns."""
    assert verdicts(click(6), click(30, 3), click(95, 1), click(96, 1), opened(3)) == [("human", "")] * 5
    assert verdicts(*(click(900 + 25 * n, n) for n in range(4))) == [("human", "")] * 4  # slowly, one after the other
    assert verdicts(click(900, 0), click(902, 4)) == [("human", "")] * 2


def test_a_scanner_before_a_person_takes_nothing_from_the_person() -> None:
    scan = [click(20 + n / 10, n, network=b"filter") for n in range(5)]
    trap = click(20.6, HONEYPOT, network=b"filter")
    found = classify([*scan, trap, click(4_000, 2), opened(3_990)], handed_at=SENT)
    assert [one.who for one in found] == ["machine"] * 6 + ["human"] * 2


def test_one_network_following_links_of_many_mails_within_a_minute_is_a_filter() -> None:
    at = SENT + timedelta(hours=1)
    seen = [(b"filter", at + timedelta(seconds=5 * n), n) for n in range(CROWD)]
    office = [(b"office", at + timedelta(seconds=5 * n), n % (CROWD - 1)) for n in range(40)]
    slow = [(b"town", at + timedelta(minutes=2 * n), n) for n in range(40)]
    crowds = crowds_of([*seen, *office, *slow])
    hits = [click(3_600 + 5, network=network) for network in (b"filter", b"office", b"town")]
    found = [classify([hit], handed_at=SENT, crowds=crowds)[0] for hit in hits]
    assert found == [Verdict("machine", "crowd"), HUMAN, HUMAN]
    assert classify([click(40_000, network=b"filter")], handed_at=SENT, crowds=crowds) == [HUMAN]
