"""What a message becomes in a messenger, as far as all messengers have it in common; no platform is named here but by
its formatting.

`pieces` takes the content of a message apart, `to_whatsapp` and `to_wechat` write its Markdown as a messenger does,
`split` cuts what is too long, `numbered` and `chosen` stand in for buttons. `Phrases` are what messengers say by
themselves; their catalogues are in `locales/`.
"""

from connectors.rendering.choices import chosen, numbered
from connectors.rendering.formatting import plain_to_markdown, to_plain, to_wechat, to_whatsapp
from connectors.rendering.phrases import DOMAIN, Phrases, messengers_messages
from connectors.rendering.pieces import Choice, File, Piece, choices_of, is_rating, pieces, stars_of
from connectors.rendering.splitting import split

__all__ = [
    "DOMAIN",
    "Choice",
    "File",
    "Phrases",
    "Piece",
    "choices_of",
    "chosen",
    "is_rating",
    "messengers_messages",
    "numbered",
    "pieces",
    "plain_to_markdown",
    "split",
    "stars_of",
    "to_plain",
    "to_wechat",
    "to_whatsapp",
]
