"""What a channel is lent that needs little."""

from pathlib import Path
from typing import Any, cast

from bot.localization import Catalogues
from connectors.facilities import Facilities
from connectors.rendering.phrases import DOMAIN, LOCALES


def lend(**facilities: Any) -> Facilities:
    """These facilities, and of the others none that works."""
    nothing = cast(Any, None)
    lent: dict[str, Any] = {
        "conversations": nothing,
        "database": nothing,
        "secret": b"",
        "languages": ("en",),
        "default_language": "en",
        "widget_catalogues": Catalogues(Path("nowhere")),
        "messenger_catalogues": Catalogues(LOCALES, DOMAIN),
        "inbox": nothing,
        "outbox": nothing,
    }
    return Facilities(**{**lent, **facilities})
