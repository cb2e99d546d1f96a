"""Server keys open what their scopes name, user tokens prove who is signed in, and nothing stored opens anything."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from cdp.access import queries, services, tokens
from cdp.access.api.authentication import ServerKeyAuthentication
from cdp.access.api.permissions import HasScope, NobodyUnlessTheViewSays
from cdp.access.contracts import ServerCaller, UnknownScope
from cdp.access.models import ServerKey, UserTokenKey
from cdp.access.queries import read_user_token
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem

SECRET = "s" * 40
NOW = 1_900_000_000


def call(key: str | None) -> Request:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return Request(APIRequestFactory().get("/", headers=headers), authenticators=[ServerKeyAuthentication()])


@pytest.mark.django_db
def test_a_server_key_names_its_caller_and_only_its_hash_is_stored() -> None:
    key, plain = services.make_server_key("shop", ["catalog:write"])
    assert plain.startswith("sk_")
    assert call(plain).auth == ServerCaller(key_id=key.pk, scopes=frozenset({"catalog:write"}))
    stored = ServerKey.objects.values().get()
    assert plain not in str(stored)
    assert bytes(stored["key_hash"]) == queries.hash_key(plain)
    key.refresh_from_db()
    assert key.last_used_at is not None


@pytest.mark.django_db
def test_a_wrong_or_revoked_key_is_refused() -> None:
    key, plain = services.make_server_key("shop", ["catalog:write"])
    with pytest.raises(Problem, match="server_key_invalid"):
        _ = call("sk_wrong").auth
    assert call(plain).auth is not None
    assert services.revoke_server_keys([key.pk], now=utc_now()) == 1
    with pytest.raises(Problem, match="server_key_invalid"):
        _ = call(plain).auth


@pytest.mark.django_db
def test_a_scope_opens_its_own_door_only() -> None:
    _, plain = services.make_server_key("shop", ["catalog:write"])
    view = APIView()
    assert HasScope("catalog:write")().has_permission(call(plain), view)
    with pytest.raises(Problem) as lacking:
        HasScope("profiles:read")().has_permission(call(plain), view)
    assert (lacking.value.status, lacking.value.code) == (403, "scope_missing")
    with pytest.raises(Problem) as nobody:
        HasScope("profiles:read")().has_permission(call(None), view)
    assert (nobody.value.status, nobody.value.code) == (401, "server_key_missing")
    assert not NobodyUnlessTheViewSays().has_permission(call(plain), view)


@pytest.mark.django_db
def test_unknown_scopes_are_refused_and_no_key_is_made() -> None:
    with pytest.raises(UnknownScope, match="catalog:eat"):
        services.make_server_key("shop", ["catalog:eat"])
    with pytest.raises(UnknownScope):
        HasScope("catalog:eat")
    assert not ServerKey.objects.exists()


@pytest.mark.django_db
def test_a_user_token_names_the_customer_until_its_key_is_revoked() -> None:
    services.make_user_token_key("shop-1")
    token = services.make_user_token("shop-1", "u1", timedelta(hours=1))
    assert read_user_token(token).sub == "u1"
    UserTokenKey.objects.update(revoked_at=utc_now())
    with pytest.raises(Problem) as refused:
        read_user_token(token)
    assert (refused.value.status, refused.value.code) == (401, "user_token_invalid")


@pytest.mark.django_db
def test_a_token_for_longer_than_a_day_is_not_made() -> None:
    services.make_user_token_key("shop-1")
    with pytest.raises(ValueError, match="24 hours"):
        services.make_user_token("shop-1", "u1", timedelta(hours=25))


def make(**changes: object) -> str:
    parts = {"kid": "k", "secret": SECRET, "sub": "u1", "exp": NOW + 60} | changes
    return tokens.make(**parts)  # type: ignore[arg-type]


def test_a_good_token_is_read() -> None:
    assert tokens.verify(make(), secret=SECRET, now_s=NOW).sub == "u1"
    assert tokens.kid_of(make(kid="k9")) == "k9"


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (make(exp=NOW - 1), "expired"),
        (make(exp=NOW), "expired"),
        (make(exp=NOW + 25 * 3600), "more than 24 hours ahead"),
        (make(secret="other"), "signature"),
        (make(sub=" "), "sub is empty"),
        (make()[:-2] + "!!", "base64url"),
        ("a.b", "three parts"),
        ("a.b.c", "cannot be read|base64url"),
        ("x" * 5000, "three parts"),
        (make().replace(".", ".."), "three parts"),
    ],
)
def test_a_bad_token_is_refused_with_its_reason(token: str, why: str) -> None:
    with pytest.raises(tokens.BadToken, match=why):
        tokens.verify(token, secret=SECRET, now_s=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("kid", ["\x00", "a\x00b", "k" * 65, "k 1", "ß"])
def test_a_kid_that_no_key_can_have_is_a_bad_token_and_makes_no_key(kid: str) -> None:
    token = make(kid=kid)
    with pytest.raises(Problem, match="user_token_invalid"):
        read_user_token(token)
    answer = Client().get("/v1/recommendations", HTTP_X_USER_TOKEN=token)
    assert (answer.status_code, answer.json()["code"]) == (401, "user_token_invalid")
    with pytest.raises(ValueError, match="1 to 64"):
        services.make_user_token_key(kid)
    admin = Client()
    admin.force_login(User.objects.create_superuser("root", password="a long password"))
    assert admin.post("/admin/access/usertokenkey/add/", {"kid": kid}).status_code == 200
    assert not UserTokenKey.objects.exists()


def test_only_hs256_is_believed() -> None:
    def pack(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    for alg in ("none", "HS512", "RS256", "hs256"):
        forged = f"{pack({'alg': alg, 'kid': 'k'})}.{pack({'sub': 'u1', 'exp': NOW + 60})}."
        with pytest.raises(tokens.BadToken, match="HS256"):
            tokens.verify(forged, secret=SECRET, now_s=NOW)


@given(st.text(max_size=60))
def test_no_text_is_more_than_a_bad_token(text: str) -> None:
    with pytest.raises(tokens.BadToken):
        tokens.verify(text, secret=SECRET, now_s=NOW)


@given(st.integers(0, 200), st.integers(0, 255))
@example(12, 43)  # its header is no UTF-8 then
def test_one_changed_character_breaks_a_token(place: int, byte: int) -> None:
    good = make()
    place %= len(good)
    changed = good[:place] + chr(byte) + good[place + 1 :]
    try:
        claim = tokens.verify(changed, secret=SECRET, now_s=NOW)
    except tokens.BadToken:
        return
    assert claim.sub == "u1"  # only the unused bits of the last character may differ
    assert changed == good or place == len(good) - 1


@pytest.mark.django_db
def test_the_admin_shows_a_new_key_once() -> None:
    admin = Client()
    admin.force_login(User.objects.create_superuser("root", password="a long password"))
    page = admin.post("/admin/access/serverkey/add/", {"name": "shop", "scopes": ["profiles:read"]}, follow=True)
    text = page.content.decode()
    plain = text[text.index("sk_", text.index("not shown again")) :].split("<")[0].strip()
    key = ServerKey.objects.get()
    assert (key.name, key.scopes, bytes(key.key_hash)) == ("shop", ["profiles:read"], queries.hash_key(plain))
    assert plain not in admin.get("/admin/access/serverkey/").content.decode()
    admin.post("/admin/access/usertokenkey/add/", {"kid": "shop-1"}, follow=True)
    assert len(UserTokenKey.objects.get(kid="shop-1").secret) >= 40


@pytest.mark.django_db
def test_the_audit_log_cannot_be_changed_in_the_admin() -> None:
    root = User.objects.create_superuser("root", password="a long password")
    entry = services.record_audit(root, "view", "profile:1", "support case")
    admin = Client()
    admin.force_login(root)
    assert "profile:1" in admin.get("/admin/access/auditentry/").content.decode()
    assert admin.post(f"/admin/access/auditentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.get("/admin/access/auditentry/add/").status_code == 403
    entry.refresh_from_db()
    assert (entry.action, entry.at <= datetime.now(UTC)) == ("view", True)
