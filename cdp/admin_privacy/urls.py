"""Routes of retention and the processing register; each view asks for its right itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_privacy import register_page, retention_page

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("retention/", _view(retention_page.page), name="retention"),
    path("retention/run/<str:how>/", _view(retention_page.run), name="retention-run"),
    path("retention/runs/<int:pk>/", _view(retention_page.report), name="retention-report"),
    path("retention/runs/<int:pk>/csv/", _view(retention_page.report_csv), name="retention-csv"),
    path("retention/<slug:data_class>/", _view(retention_page.edit), name="retention-edit"),
    path("register/", _view(register_page.page), name="register"),
    path("register/dpia/", _view(register_page.dpia), name="register-dpia"),
    path("register/<str:form>/", _view(register_page.download), name="register-download"),
]
