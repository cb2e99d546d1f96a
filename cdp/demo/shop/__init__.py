"""The demo shop "Larkfell" at /shop/ (DEMO=1 only): a storefront beside the platform, using cdp.js and the public API.

What a visitor has (ids, cart, wish list, last order) stands in one signed cookie; the shop has no tables. Beside it
`cdp.demo.knows` shows what the platform knows of the session's own anonymous id.

Elements carry stable `data-test` names for tests:
  everywhere   consent-bar consent-accept consent-refuse consent-settings search-input search-button cart-link
               cart-count wishlist-link account-link signed-in-as sign-out
  grid         product-card (data-product-id) product-count sort filter-brand filter-price filter-stock apply-filters
               next-page previous-page empty
  product      product-name price stock variant-color variant-size quantity add-to-cart added-to-cart wish
  cart         cart-line (data-sku) line-quantity line-remove cart-empty cart-total checkout, and as checkout:
               discount (data-offer) missing coupon apply-coupon coupon-message
  checkout     email first-name last-name street postal-code city marketing place-order order-error
  order        thank-you order-id saved
  places       hero place (data-cdp-placement home-hero, product-promise, department-tip)
  account      persona-<user id> sign-up-email sign-up-name sign-up-marketing sign-up
  rows         recommendations (data-placement home-for-you, home-again, category-top, product-similar,
               product-goes-with, product-accessories, cart-complete, order-cross-sell; by strategy: home-popular,
               cart-for-you, search-popular, wishlist-for-you), rec-card, rec-sentence
  panel        panel panel-open panel-close panel-headline panel-identifiers panel-events panel-event panel-traits
               panel-consents panel-carts panel-segments panel-recommendations panel-decisions panel-mails
"""
