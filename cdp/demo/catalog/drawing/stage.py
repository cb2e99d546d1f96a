"""What stands around a drawing: a studio ground, a close look, a place outside or a room. Pure."""

VIEWS = 3

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="600" height="600" role="img" aria-label="{alt}">'
    "<title>{alt}</title>"
)
STUDIO = (
    '<defs><radialGradient id="ground" cx="50%" cy="42%" r="75%"><stop offset="0" stop-color="#faf8f4"/>'
    '<stop offset="1" stop-color="#e9e4da"/></radialGradient></defs><rect width="600" height="600" fill="url(#ground)"/>'
    '<ellipse cx="300" cy="520" rx="190" ry="20" fill="#3a3226" opacity=".13"/>'
)
OUTSIDE = (
    '<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#bcd3dc"/>'
    '<stop offset="1" stop-color="#f6e7cf"/></linearGradient></defs><rect width="600" height="600" fill="url(#sky)"/>'
    '<circle cx="455" cy="150" r="52" fill="#fdf3dc"/>'
    '<path d="M0 330 120 210 205 300 320 170 450 320 520 265 600 340V600H0Z" fill="#93a9ab"/>'
    '<path d="M320 170 352 207 330 222 308 205 290 204Z" fill="#eef2f1"/>'
    '<path d="M0 410C110 350 200 390 300 380S500 350 600 400V600H0Z" fill="#7d957d"/>'
    '<path d="M0 490C140 450 300 480 420 465S560 450 600 470V600H0Z" fill="#5f7a5f"/>'
    '<ellipse cx="300" cy="535" rx="170" ry="16" fill="#2d3a2d" opacity=".35"/>'
)
INSIDE = (
    '<rect width="600" height="600" fill="#e6ddcf"/><rect x="60" y="60" width="170" height="220" rx="4" fill="#f7f2e8"/>'
    '<rect x="72" y="72" width="146" height="196" fill="#c9dbe0"/><path d="M72 210 120 165 160 205 218 150V268H72Z" fill="#9fb3a0"/>'
    '<path d="M145 72V268M72 170H218" stroke="#f7f2e8" stroke-width="8"/>'
    '<rect y="455" width="600" height="145" fill="#b98d5f"/><rect y="455" width="600" height="14" fill="#cda274"/>'
    '<path d="M0 500H600M0 545H600" stroke="#a87d50" stroke-width="3"/>'
    '<path d="M505 455C500 400 470 390 462 350M508 455C510 385 540 380 548 335M506 455V330" stroke="#5f7a5f" stroke-width="7"'
    ' fill="none" stroke-linecap="round"/><path d="M478 420H538L530 500H486Z" fill="#f1e8da"/>'
    '<ellipse cx="290" cy="535" rx="170" ry="16" fill="#3b2a18" opacity=".3"/>'
)


def plain(body: str, alt: str) -> str:
    """On plain ground."""
    return f"{_head(alt)}{STUDIO}{body}</svg>"


def close_up(body: str, alt: str) -> str:
    """From near: the middle of the drawing."""
    return f"{_head(alt, '130 150 290 290')}{STUDIO}{body}</svg>"


def outdoors(body: str, alt: str, *, indoors: bool) -> str:
    """Where it is used: before hills, or in a room."""
    place = INSIDE if indoors else OUTSIDE
    return f'{_head(alt)}{place}<g transform="translate(72 122) scale(.76)">{body}</g></svg>'


def _head(alt: str, box: str = "0 0 600 600") -> str:
    return HEAD.format(box=box, alt=alt.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;"))
