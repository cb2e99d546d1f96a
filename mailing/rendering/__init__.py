"""Mails rendered: a template's variant is compiled once, and per person only Liquid runs. No database, no network.

`compile_content` turns blocks (or staff's MJML) into HTML with Liquid inside; `Compiled.render` fills it. What staff
write is Liquid with limits and without a loader; values are escaped, and links lead to http, https and mailto only.
"""

from mailing.rendering.compiling import Brand, Compiled, compile_content, compile_variant, mjml_of
from mailing.rendering.picking import Pick

__all__ = ["Brand", "Compiled", "Pick", "compile_content", "compile_variant", "mjml_of"]
