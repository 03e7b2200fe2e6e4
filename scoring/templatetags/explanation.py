"""Numbers of a derivation in pages: where one is derived it carries an anchor, and it links to what it came from."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.formats import DASH
from scoring.core.explanation import Figure
from scoring.explanation_page import figure_text

register = template.Library()
register.filter("number", figure_text)


@register.simple_tag
def figure(one: Figure | None, to: str = "") -> SafeString:
    """The number at the place where it is derived; links to ``to`` or else to its first source."""
    if one is None:
        return format_html("{}", DASH)
    target = to or (one.sources[0] if one.sources else "")
    if not target:
        return format_html('<span class="figure" id="{}">{}</span>', one.id, figure_text(one))
    return format_html('<a class="figure" id="{}" href="#{}">{}</a>', one.id, target, figure_text(one))


@register.simple_tag
def reference(one: Figure | None) -> SafeString:
    """The number elsewhere: a link to the place where it is derived."""
    if one is None:
        return format_html("{}", DASH)
    return format_html('<a class="figure" href="#{}">{}</a>', one.id, figure_text(one))
