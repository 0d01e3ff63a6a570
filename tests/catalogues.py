"""What is wrong with the catalogues of a room; every function returns its findings, and [] where all is well."""

from babel.messages.catalog import Message

from bot.localization import Catalogues
from bot.messages import Messages, placeholders


def broken(messages: Messages, language: str) -> list[str]:
    """The catalogue is missing, or cannot be read; then it is an error that names the file and line."""
    return [] if language in Catalogues(messages.locales, messages.domain).languages else [language]


def different_placeholders(messages: Messages, language: str) -> list[str]:
    """Translations that leave other names open than their source."""
    catalogue = messages.catalogue(language) or ()
    sources = {(source.context, source.text): source for source in messages.sources}
    different = []
    for message in catalogue:
        source = sources.get((message.context or "", _text(message)))
        wanted = placeholders(source.text) | placeholders(source.plural) if source else set()
        for form in _forms(message) if source else ():
            if placeholders(form) != wanted:
                different.append(f"{source}: {form!r} has {placeholders(form)}, not {wanted}")
    return different


def stale(messages: Messages, language: str) -> list[str]:
    """Messages that are not said any more."""
    said = {(source.context, source.text, source.plural) for source in messages.sources}
    return [
        str(message.id)
        for message in messages.catalogue(language) or ()
        if message.id
        and (message.context or "", _text(message), message.id[1] if message.pluralizable else "") not in said
    ]


def _text(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(message: Message) -> tuple[str, ...]:
    """The translation: one text, or one for each plural form."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
