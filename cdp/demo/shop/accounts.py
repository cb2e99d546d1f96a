"""Signing in as one of the seeded people, signing up and out, the newsletter, and the choice made in the banner."""

import uuid
from functools import cache

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from cdp.demo import seeding
from cdp.demo.shop import backend
from cdp.demo.shop.pages import Page, render_page
from cdp.demo.shop.same_origin import same_origin
from cdp.demo.shop.visitor import MOST_ACCOUNTS, Account, Visitor, may_track, minted_of, remember, visitor_of
from cdp.demo.simulate.personas import Persona, personas
from profiles import queries as profiles

ASKED = "Almost done: confirm by the mail we have just sent. In this demo it arrives in the mailbox."
TAKEN = "This address belongs to somebody else in this demo. Take another, or sign in as one of the people."


class SignUpForm(forms.Form):
    """One's own name and address. The box for e-mails is not ticked by itself."""

    name = forms.CharField(max_length=80, label="Name")
    email = forms.EmailField(max_length=200, label="E-mail")
    marketing = forms.BooleanField(required=False)


@cache
def people() -> tuple[Persona, ...]:
    """Who one may sign in as."""
    return personas(seeding.SEED)


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Who one is, or may be."""
    return _page(request, SignUpForm())


@same_origin
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """As a persona, or with an account opened in this browser: `user_id`."""
    visitor, wanted = visitor_of(request), request.POST.get("user_id", "")
    known = [*(Account(p.user_id, p.name, p.email) for p in people()), *visitor.accounts]
    found = next((each for each in known if each.user_id == wanted), None)
    if found is None:
        raise Http404("no such account")
    return _signed_in(request, visitor, found, f"Hello {found.name.split()[0]}.")


@same_origin
@require_POST
def sign_up(request: HttpRequest) -> HttpResponse:
    """With one's own address."""
    form, visitor = SignUpForm(request.POST), visitor_of(request)
    if not form.is_valid():
        return _page(request, form, status=422)
    name, email = form.cleaned_data["name"].strip(), form.cleaned_data["email"].strip().lower()
    own = next((each for each in visitor.accounts if each.email == email), None)
    if own is None and _is_taken(visitor, email):
        form.add_error("email", TAKEN)
        return _page(request, form, status=422)
    if own is None:
        own = Account(f"me-{uuid.uuid4().hex[:10]}", name, email)
        visitor.accounts = [own, *visitor.accounts][:MOST_ACCOUNTS]
        first, _, last = name.partition(" ")
        backend.identify({"userId": own.user_id}, {"email": email, "firstName": first, "lastName": last})
    if form.cleaned_data["marketing"]:
        backend.state_consent(email, method="sign_up_box")
    return _signed_in(request, visitor, own, f"Welcome, {own.name}.")


@same_origin
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Whoever comes next is somebody else."""
    visitor = visitor_of(request)
    visitor.become_somebody_else()
    visitor.note = "You are signed out."
    response = redirect("/shop/")
    remember(request, response)
    return response


@same_origin
@require_POST
def newsletter(request: HttpRequest) -> HttpResponse:
    """The form in the footer: nothing is agreed to until the address's owner confirms by the mail."""
    email = request.POST.get("email", "").strip().lower()
    visitor = visitor_of(request)
    try:
        validate_email(email)
    except ValidationError:
        visitor.note = "This is not an e-mail address. Check its spelling."
    else:
        taken = backend.sign_up_for_news(email)
        visitor.note = ASKED if taken else "That did not work just now. Please try again in a moment."
    response = redirect("/shop/")
    remember(request, response)
    return response


@same_origin
@require_POST
def chosen(request: HttpRequest) -> HttpResponse:
    """The page's id may be kept, or the choice was changed: after a refusal a new id waits for a later yes."""
    visitor = visitor_of(request)
    if not may_track(request):
        user, emails = visitor.user, visitor.emails
        visitor.become_somebody_else()
        visitor.user, visitor.emails = user, emails
    told = {"visitor": visitor.anonymous_id, "minted": minted_of(request, keeps_id=True)}
    response = JsonResponse(told)
    remember(request, response, keeps_id=True)
    return response


def _signed_in(request: HttpRequest, visitor: Visitor, account: Account, note: str) -> HttpResponse:
    if visitor.user is not None and visitor.user.user_id != account.user_id:
        visitor.become_somebody_else()
    visitor.user, visitor.note = account, note
    response = redirect("/shop/")
    remember(request, response)
    return response


def _is_taken(visitor: Visitor, email: str) -> bool:
    """Known to the platform and not by this browser. The shop has no tables, so it asks where its people are kept."""
    return email not in visitor.emails and profiles.find("email", email) is not None


def _page(request: HttpRequest, form: SignUpForm, status: int = 200) -> HttpResponse:
    for name, complete in (("name", "name"), ("email", "email")):
        form.fields[name].widget.attrs |= {"autocomplete": complete, "data-test": f"sign-up-{name}"}
    context = {"form": form, "personas": people()}
    return render_page(request, "account.html", Page("Sign in", "Account"), context, status)
