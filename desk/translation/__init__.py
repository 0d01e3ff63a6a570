"""Translation for agents: they read a customer's message in their own language, and write in it.

A translator (`port.Translator`) is a local model (`local`) or a server that speaks LibreTranslate's language (`libre`);
`open_translator` makes the one that is configured. The desk asks `Translations`, which remember what was translated,
and works without any of it. See docs/translation.md.
"""

from desk.translation.cache import Translations
from desk.translation.opening import open_translator
from desk.translation.port import TranslationUnavailable, Translator, TranslatorError

__all__ = ["TranslationUnavailable", "Translations", "Translator", "TranslatorError", "open_translator"]
