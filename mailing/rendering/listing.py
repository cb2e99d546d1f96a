"""Products in mails as rows and tiles: tables that every mail program lays out alike, with Liquid inside. Pure."""

from mailing.rendering.themes import Theme
from mailing.rendering.words import Words

PICTURE = "display:block;border:0;border-radius:10px;background:#f4f4f5;"


def rows(items: str, name: str, theme: Theme, words: Words, *, limit: int = 0) -> str:
    """A row a product: picture, name, quantity and price. `items`: the list's variable; `name`: of the loop."""
    each = f'{{% if {name}.quantity and {name}.quantity != "1" %}} {words.each}{{% endif %}}'
    price = f"{{% if {name}.price %}}{{{{ {name}.price }}}}{each}{{% endif %}}"
    quantity = words.quantity.replace("{n}", f"{{{{ {name}.quantity }}}}")
    facts = (
        f"{{% if {name}.quantity %}}{quantity}{{% if {name}.price %}} · {{% endif %}}{{% endif %}}{price}"
        f"{_was(name, theme)}"
    )
    quiet = f"padding-top:2px;font-size:15px;line-height:22px;color:{theme.quiet};"
    span = f"{{% if {name}.image_url %}}1{{% else %}}2{{% endif %}}"
    cells = (
        f'{{% if {name}.image_url %}}<td class="thumb" width="112" style="width:112px;padding:0 18px 20px 0;'
        f'vertical-align:middle;">{_linked(name, _picture(name, 112))}</td>{{% endif %}}'
        f'<td colspan="{span}" style="padding:0 0 20px;vertical-align:middle;">'
    )
    return (
        f"{{% for {name} in {items}{f' limit:{limit}' if limit else ''} %}}<tr>{cells}"
        f'<div style="font-weight:600;line-height:23px;">{_linked(name, f"{{{{ {name}.name }}}}")}</div>'
        f'{{% if {name}.quantity or {name}.price %}}<div class="quiet" style="{quiet}">{facts}</div>{{% endif %}}'
        f'{{% if {name}.note %}}<div class="quiet" style="{quiet}">{{{{ {name}.note }}}}</div>{{% endif %}}'
        f"</td></tr>{{% endfor %}}"
    )


def tiles(items: str, name: str, theme: Theme, *, columns: int, most: int) -> str:
    """Pictures with names beside each other, `columns` in a row."""
    if columns == 1:
        return ""
    return "".join(_tile_row(items, name, theme, columns, start) for start in range(0, most, columns))


def _tile_row(items: str, name: str, theme: Theme, columns: int, start: int) -> str:
    half = f"{{% if {items}.size < 3 %}}50%{{% else %}}{100 / columns:.2f}%{{% endif %}}" if columns == 3 else "50%"
    small = "padding-top:2px;font-size:14px;line-height:20px;"
    tile = (
        f'<td class="tile" valign="top" width="{half}" style="padding:0 8px 20px;">'
        f"{{% if {name}.image_url %}}{_linked(name, _picture(name, 0))}{{% endif %}}"
        f'<div style="padding-top:10px;font-size:14px;line-height:20px;font-weight:600;">'
        f"{_linked(name, f'{{{{ {name}.name }}}}')}</div>"
        f'{{% if {name}.price %}}<div style="{small}">{{{{ {name}.price }}}}{_was(name, theme)}</div>{{% endif %}}'
        f'{{% if {name}.note %}}<div class="quiet" style="padding-top:3px;font-size:13px;line-height:18px;'
        f'color:{theme.quiet};">{{{{ {name}.note }}}}</div>{{% endif %}}</td>'
    )
    empty = f'{{% if {items}.size == 1 %}}<td width="50%"></td>{{% endif %}}' if not start else ""
    row = f"<tr>{{% for {name} in {items} limit:{columns} offset:{start} %}}{tile}{{% endfor %}}{empty}</tr>"
    return row if not start else f"{{% if {items}.size > {start} %}}{row}{{% endif %}}"


def large(name: str, theme: Theme, *, show_price: bool) -> str:
    """One product over the whole width."""
    picture = (
        f'<img src="{{{{ {name}.image_url }}}}" alt="{{{{ {name}.name }}}}" width="536" '
        f'style="{PICTURE}width:100%;height:auto;" />'
    )
    price = (
        f'{{% if {name}.price %}}<div style="padding-top:4px;font-size:17px;line-height:24px;">'
        f"{{{{ {name}.price }}}}{_was(name, theme)}</div>{{% endif %}}"
    )
    return (
        f'<tr><td style="padding:0;">{{% if {name}.image_url %}}{_linked(name, picture)}{{% endif %}}'
        f'<div style="padding-top:16px;font-size:20px;line-height:27px;font-weight:700;">'
        f"{_linked(name, f'{{{{ {name}.name }}}}')}</div>{price if show_price else ''}</td></tr>"
    )


def _was(name: str, theme: Theme) -> str:
    """The price before, struck through, where it is another one."""
    return (
        f"{{% if {name}.list_price and {name}.list_price != {name}.price %}} "
        f'<s class="was" style="color:{theme.quiet};font-weight:400;">{{{{ {name}.list_price }}}}</s>{{% endif %}}'
    )


def _picture(name: str, side: int) -> str:
    size = f'width="{side}" height="{side}"' if side else 'width="160"'
    shape = f"width:{side}px;height:{side}px;object-fit:cover;" if side else "width:100%;height:auto;"
    return f'<img src="{{{{ {name}.image_url }}}}" alt="{{{{ {name}.name }}}}" {size} style="{PICTURE}{shape}" />'


def _linked(name: str, inner: str) -> str:
    """`inner`, linked to the product's page where it has one."""
    return (
        f'{{% if {name}.url %}}<a href="{{{{ {name}.url }}}}" style="text-decoration:none;color:inherit;">{inner}</a>'
        f"{{% else %}}{inner}{{% endif %}}"
    )
