"""Routes of the demo shop, below /shop/."""

from django.urls import path

from cdp.demo.shop import accounts, carting, checkout, shelves

urlpatterns = [
    path("", shelves.home, name="shop"),
    path("c/<slug:slug>/", shelves.department, name="shop-department"),
    path("search/", shelves.search, name="shop-search"),
    path("p/<str:product_id>/", shelves.product, name="shop-product"),
    path("images/<str:product_id>.svg", shelves.image, name="shop-image"),
    path("cart/", carting.cart, name="shop-cart"),
    path("cart/add/", carting.add, name="shop-cart-add"),
    path("cart/change/", carting.change, name="shop-cart-change"),
    path("cart/coupon/", carting.coupon, name="shop-coupon"),
    path("wishlist/", carting.wishlist, name="shop-wishlist"),
    path("wishlist/change/", carting.wish, name="shop-wish"),
    path("checkout/", checkout.checkout, name="shop-checkout"),
    path("order/<str:order_id>/", checkout.order, name="shop-order"),
    path("account/", accounts.account, name="shop-account"),
    path("account/sign-in/", accounts.sign_in, name="shop-sign-in"),
    path("account/sign-up/", accounts.sign_up, name="shop-sign-up"),
    path("account/sign-out/", accounts.sign_out, name="shop-sign-out"),
    path("newsletter/", accounts.newsletter, name="shop-newsletter"),
    path("consent/", accounts.chosen, name="shop-consent"),
]
