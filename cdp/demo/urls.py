"""Routes of a demo; cdp/urls.py includes them with DEMO=1 only, and `check --deploy` refuses DEMO=1."""

from django.urls import include, path

urlpatterns = [
    path("shop/", include("cdp.demo.shop.urls")),
    path("dev/knows/", include("cdp.demo.knows.urls")),
    path("dev/mailbox/", include("cdp.demo.mailbox.urls")),
]
