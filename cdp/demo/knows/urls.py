"""The panel's route, below /dev/knows/."""

from django.urls import path

from cdp.demo.knows import views

urlpatterns = [path("", views.knows, name="knows")]
