"""What a shop's engineer pastes into the page: the script pinned by its integrity hash, with a source's write key."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from cdp.script.assembling import current

MORE = """
<script>
  // calls, e.g. when a product page is opened; docs/cdp-js.md lists them all
  window.cdp = window.cdp || [];
  cdp.push(["track", "Product Viewed", {product_id: "p1", name: "Mug", price: 19.99, currency: "EUR"}]);
</script>

<!-- recommendations, wherever they shall stand -->
<div data-cdp-recommendations data-n="4"></div>"""


def script_tag(write_key: str, base_url: str) -> SafeString:
    """The script tag for a browser source, as HTML."""
    script = current()
    return format_html(
        '<script async src="{}" integrity="{}" crossorigin="anonymous" data-write-key="{}"></script>',
        base_url + script.path,
        script.integrity,
        write_key,
    )


def lines_to_paste(write_key: str, base_url: str) -> str:
    """The tag and a first use of it, as text to be shown (not as HTML)."""
    return str.join("\n", [script_tag(write_key, base_url), MORE])
