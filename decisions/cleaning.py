"""HTML that staff write, made safe to stand in a page: no scripts, styles, frames or forms. Pure."""

import nh3

TAGS = {
    *(
        "p",
        "br",
        "hr",
        "a",
        "strong",
        "b",
        "em",
        "i",
        "u",
        "s",
        "small",
        "mark",
        "sub",
        "sup",
        "span",
        "div",
        "section",
    ),
    *("ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "img", "picture", "source", "figure"),
    *("figcaption", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "*": {"class", "title", "lang", "dir"},
    "a": {"href", "target"},
    "img": {"src", "srcset", "sizes", "alt", "width", "height", "loading"},
    "source": {"srcset", "media", "type", "sizes"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
}
SCHEMES = {"http", "https", "mailto", "tel"}


def cleaned(html: str) -> str:
    """What may stand in a page of the shop; the same again for what is clean."""
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener")
