"""What mails are made of: templates with their versions, and the brand they share."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class MailTemplate(models.Model):
    """A mail as staff arrange it. `draft` is what the editor holds; what is sent is a published version.

    `content`: see `mailing/content.py`.
    """

    class Kind(models.TextChoices):
        MARKETING = "marketing"
        TRANSACTIONAL = "transactional", "Transactional: about an order or an account"

    slug = models.SlugField(unique=True)
    name = models.TextField()
    kind = models.TextField(choices=Kind.choices, default=Kind.MARKETING)
    notes = models.TextField(blank=True, default="")
    draft = models.JSONField(default=dict)
    shipped = models.TextField(blank=True, default="", help_text="The shipped template it was made of.")
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """A published version: never changed."""

    template = models.ForeignKey(MailTemplate, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    content = models.JSONField()
    published_at = models.DateTimeField(db_default=Now())
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="mailing_version_number")]

    def __str__(self) -> str:
        return f"{self.template.slug} v{self.number}"


class Brand(models.Model):
    """How every mail looks and who sends it: one row. Empty texts fall back to the settings of the installation."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    from_name = models.TextField(blank=True, default="")
    from_address = models.EmailField(blank=True, default="")
    reply_to = models.EmailField(blank=True, default="")
    company = models.TextField(blank=True, default="")
    postal_address = models.TextField(blank=True, default="")
    logo_url = models.TextField(blank=True, default="")
    website = models.TextField(blank=True, default="")
    accent = models.CharField(max_length=7, default="#1f5a4c", help_text="Buttons and links, e.g. #1f5a4c.")
    background = models.CharField(max_length=7, default="#f4f4f2")
    surface = models.CharField(max_length=7, default="#ffffff")
    ink = models.CharField(max_length=7, default="#1c1c1a")
    font = models.TextField(default="system", help_text="system, serif, or the name of a font mail programs have.")
    default_locale = models.TextField(default="en")
    footer = models.JSONField(default=dict, blank=True, help_text="{locale: a line of its own in the footer}")
    utm_source = models.TextField(blank=True, default="cdp")
    utm_medium = models.TextField(blank=True, default="email")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="mailing_brand_one")]

    def __str__(self) -> str:
        return self.company or "Brand"
