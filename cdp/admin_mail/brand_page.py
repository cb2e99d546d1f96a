"""The brand of all mails: its form, and a mail beside it that looks like what is typed."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cdp.admin_mail import brand_form
from cdp.admin_mail.asking import Asked
from cdp.admin_mail.brand_form import BrandForm
from cdp.admin_mail.facts import LANGUAGES
from cdp.admin_mail.preview_page import shown_document
from cdp.admin_mail.previewing import preview
from cdp.admin_mail.rights import CHANGE_BRAND, SEE_BRAND, around, require
from cdp.admin_mail.starting import sample_content
from cdp.lib.admin_parts import actor, may
from cdp.lib.clock import utc_now
from mailing.models import Brand, MailTemplate
from mailing.queries.brand import facts_of
from mailing.services.policies import save_brand

FONTS = (
    ("system", "The reader's own (quick, clear)"),
    ("serif", "Serif: Georgia, Times"),
    ("Arial", "Arial"),
    ("Verdana", "Verdana"),
    ("Tahoma", "Tahoma"),
    ("Trebuchet MS", "Trebuchet MS"),
    ("Courier New", "Courier New"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The form, and its saving."""
    require(request, SEE_BRAND)
    if request.method != "POST":
        return _page(request, brand_form.of_brand(_row()))
    require(request, CHANGE_BRAND)
    form = brand_form.of_post(request.POST)
    values = form.values(shop_url=settings.SHOP_URL, image_hosts=settings.MAIL_IMAGE_HOSTS)
    if form.errors:
        return _page(request, form)
    save_brand(values, by=actor(request))
    messages.info(request, "Saved: every mail looks like this from now on.")
    return HttpResponseRedirect(reverse("mail-brand"))


@require_http_methods(["GET", "HEAD", "POST"])
def frame(request: HttpRequest) -> HttpResponse:
    """A sample mail in the saved brand, or by POST in the one that is typed; nothing is stored."""
    require(request, SEE_BRAND)
    row = _row()
    if request.method == "POST":
        form = brand_form.of_post(request.POST)
        for name, value in form.values(shop_url=settings.SHOP_URL, image_hosts=settings.MAIL_IMAGE_HOSTS).items():
            setattr(row, name, value)
    content = sample_content()
    asked = Asked(content, str(content["default"]))
    sample = MailTemplate(slug="sample", name="Sample")
    is_dark = request.POST.get("scheme") == "dark"
    return shown_document(preview(request, sample, asked, utc_now(), brand=facts_of(row)), is_dark=is_dark)


def _row() -> Brand:
    return Brand.objects.filter(pk=1).first() or Brand()


def _page(request: HttpRequest, form: BrandForm) -> HttpResponse:
    fonts = list(FONTS)
    if form.texts["font"] not in dict(fonts):
        fonts.append((form.texts["font"], form.texts["font"]))
    languages = list(LANGUAGES.items())
    if form.texts["default_locale"] not in LANGUAGES:
        languages.append((form.texts["default_locale"],) * 2)
    context: dict[str, Any] = around(
        request,
        "Brand of all mails",
        "mail-brand",
        form=form,
        footer=[*form.footer, ("", "")],
        fonts=fonts,
        languages=languages,
        swatches=[
            (name, label, form.texts[name], form.errors.get(name, ""))
            for name, label in (
                ("accent", "Buttons and links"),
                ("background", "Around the mail"),
                ("surface", "The mail itself"),
                ("ink", "Text"),
            )
        ],
        warnings=form.warnings(),
        fallback={"mail_from": settings.MAIL_FROM, "company": settings.COMPANY_NAME, "shop": settings.SHOP_URL},
        postal=settings.COMPANY_ADDRESS,
        may_change_brand=may(request, CHANGE_BRAND),
    )
    return TemplateResponse(request, "admin/mail/brand.html", context)
