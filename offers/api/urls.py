"""Routes of the API of offers and prices."""

from django.urls import URLPattern, URLResolver, path

from offers.api.codes import CodeView, GiveView, PoolCodesView, PoolsView, PoolView, VoidCodeView, VoidPoolView
from offers.api.evaluate import EvaluateView
from offers.api.prices import PricesView
from offers.api.redemptions import RedeemView, RedemptionView, ReleaseView, ReserveView

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/offers/evaluate", EvaluateView.as_view(), name="offers-evaluate"),
    path("v1/offers/reserve", ReserveView.as_view(), name="offers-reserve"),
    path("v1/offers/redeem", RedeemView.as_view(), name="offers-redeem"),
    path("v1/offers/release", ReleaseView.as_view(), name="offers-release"),
    path("v1/offers/redemptions/<path:name>", RedemptionView.as_view(), name="offers-redemption"),
    path("v1/offers/codes/<str:code>", CodeView.as_view(), name="offers-code"),
    path("v1/offers/codes/<str:code>/void", VoidCodeView.as_view(), name="offers-void-code"),
    path("v1/offers/pools/<int:pool_id>", PoolView.as_view(), name="offers-pool"),
    path("v1/offers/pools/<int:pool_id>/codes", PoolCodesView.as_view(), name="offers-pool-codes"),
    path("v1/offers/pools/<int:pool_id>/void", VoidPoolView.as_view(), name="offers-void-pool"),
    path("v1/offers/<slug:key>/pools", PoolsView.as_view(), name="offers-pools"),
    path("v1/offers/<slug:key>/give", GiveView.as_view(), name="offers-give"),
    path("v1/prices", PricesView.as_view(), name="prices"),
]
