"""Reading an answer as one of the choices that a question gives, as several of them, as a day, or as a number.

What people press and what they write instead. `bot/data/choices/<lang>.yml` holds the words of a language and, for
questions whose choices are always the same, what people answer.
"""

from bot.choices.options import Option
from bot.choices.reader import ChoiceReader

__all__ = ["ChoiceReader", "Option"]
