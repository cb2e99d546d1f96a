"""Routes of deliverability, below admin/mail/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_delivery import page

urlpatterns: list[URLPattern] = [
    path("admin/mail/delivery/", admin.site.admin_view(page.page), name="mail-delivery"),
    path("admin/mail/delivery/records/", admin.site.admin_view(page.records_part), name="mail-delivery-records"),
]
