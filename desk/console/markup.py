"""What the bot and agents wrote, as HTML: the little Markdown that channels know, and nothing else."""

from __future__ import annotations

from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

_MARKDOWN = MarkdownIt("zero", {"breaks": True, "html": False}).enable(
    ["emphasis", "link", "list", "newline", "backticks", "escape"]
)


def _link_open(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    # The desk stays open.
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noopener noreferrer")
    return str(renderer.renderToken(tokens, index, options, env))


_MARKDOWN.add_render_rule("link_open", _link_open)


def marked_up(text: str) -> Markup:
    """Markdown as HTML; HTML in it is shown as it is written.

    >>> marked_up("**Hi** <b> [here](javascript:x)")
    Markup('<p><strong>Hi</strong> &lt;b&gt; [here](javascript:x)</p>\\n')
    """
    return Markup(_MARKDOWN.render(text))  # noqa: S704  # markdown-it escapes HTML, and refuses the addresses of scripts


def plain_lines(text: str) -> Markup:
    """What a customer wrote, as it is: nothing in it means anything but itself."""
    return Markup("<p>{}</p>").format(escape(text))
