"""Routes of mail: what mails link to, and what providers report."""

from django.urls import URLPattern, URLResolver, path

from mailing.api import hooks, links
from mailing.api.status import MessageView

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/messages/<int:message>", MessageView.as_view(), name="message-status"),
    path("v1/messages/<int:message>/", MessageView.as_view()),
    path("m/c/<str:token>", links.click, name="mail-click"),
    path("m/o/<str:token>.gif", links.opened, name="mail-open"),
    path("m/v/<str:token>", links.view, name="mail-view"),
    path("m/hooks/<slug:provider>", hooks.hook, name="mail-hook"),
    path("m/hooks/<slug:provider>/", hooks.hook),
]
