"""Names under which components leave things on a Rasa `Message` for one another and for the dialogue."""

LANGUAGE = "language"
"""On a training example, the code of its language; on a parsed message, `{"name", "confidence", "served"}`."""

METADATA = "metadata"
"""What the channel said about the message; Rasa's own name for it."""

CONVERSATION_LANGUAGE = "conversation_language"
"""In the metadata: the language that the conversation is held in so far."""

DEFAULT_LANGUAGE = "default_language"
"""In the metadata: the language of a conversation in which nothing tells it yet."""

LOCALE_HINT = "locale_hint"
"""In the metadata: the locale that the channel knows of the customer, such as `de-AT`."""

PHOTOS = "photos"
"""In the metadata: the ids of photographs that came with the message."""

CARDS = "cards"
"""In the metadata: whether the channel can show cards (`bot.actions.cards`)."""

TITLE = "title"
"""In the metadata: what the button says that was pressed."""

IDENTITY = "identity"
"""In the metadata: `{"email", "phone"}`, each perhaps None, of the customer whom the channel vouches for; else None."""

NORMALIZED = "normalized"
"""The text as the examples are compared with it: values replaced by their type, words as the examples spell them."""

FAMILIAR = "familiar"
"""On a parsed message: whether it has a word that stands in more than one example."""

UNSERVED_LANGUAGE = "unserved_language"
"""The intent of a message in a language that has no pipeline."""

PERSONAL_ENTITIES = frozenset({"order_number", "email", "tracking_number", "phone", "code"})
"""Entities whose values lead to a person."""
