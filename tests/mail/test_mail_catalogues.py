from mail import mail_messages
from tests.mail.samples import LOCALES

LETTERS = mail_messages(LOCALES)


def test_messages_come_from_the_letters_and_from_what_they_share() -> None:
    assert {source.file.partition("/")[0] for source in LETTERS.sources} == {"common.jinja", "letters", "text"}


def test_after_the_german_greeting_the_sentence_goes_on() -> None:
    """It ends with a comma, after which only nouns and the polite pronouns begin with a capital."""
    catalogue = LETTERS.catalogue("de")
    assert catalogue is not None
    for source in ("Enter this code in the chat:", "For your order %(order)s, we are sending you a replacement:"):
        message = catalogue.get(source)
        assert message is not None
        assert str(message.string)[0].islower()
