"""Routes of the demo's mailbox, below /dev/mailbox/."""

from django.urls import re_path

from cdp.demo.mailbox import views
from cdp.demo.mailbox.box import ID

urlpatterns = [
    re_path(r"^$", views.mails, name="mailbox"),
    re_path(r"^messages\.json$", views.messages_json, name="mailbox-json"),
    re_path(rf"^(?P<mail_id>{ID})/$", views.message, name="mailbox-message"),
    re_path(rf"^(?P<mail_id>{ID})/html$", views.html, name="mailbox-html"),
    re_path(rf"^(?P<mail_id>{ID})/source\.eml$", views.source, name="mailbox-source"),
]
