"""The routes as a demo has them."""

from django.urls import include, path

from cdp.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
urlpatterns = [*urlpatterns, path("", include("cdp.demo.urls"))]
