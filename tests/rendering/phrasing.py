"""The phrases of messengers, as the tests need them."""

from bot.localization import Catalogues
from connectors.rendering import DOMAIN, Phrases
from connectors.rendering.phrases import LOCALES

CATALOGUES = Catalogues(LOCALES, DOMAIN)
ENGLISH = Phrases(CATALOGUES, "en")
