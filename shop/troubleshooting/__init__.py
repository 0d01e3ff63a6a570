"""Guided troubleshooting: what a customer can try before a product is sent in.

A guide is a file `<category>.yml`, called after the key of a product category; `general.yml` serves all others,
and its hazards, the problems whose first step is a stop, are part of every guide.

    category: audio
    problems:
      no_pairing:
        name: {en: It doesn't pair, de: Die Kopplung gelingt nicht}
        phrases:                      # how customers describe it, per language
          en:
          - my phone can't find it
        steps:                        # from the simplest to the most thorough
        - text:
            en: Switch Bluetooth off and on again. Does the device show up now?
        - text:
            en: Do not use it any more.
          stop: true                  # a matter of safety: the last step, then a person takes over

English is required everywhere; where another language is missing, the English text is shown.
"""

from shop.troubleshooting.guides import BUNDLED, GENERAL, Guides
from shop.troubleshooting.model import Guide, Problem, Step
from shop.troubleshooting.reader import GuidesError

__all__ = ["BUNDLED", "GENERAL", "Guide", "Guides", "GuidesError", "Problem", "Step"]
