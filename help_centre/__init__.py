"""The help centre: the knowledge base as pages, for people who would rather read or search than ask.

`HelpCentre` makes the routes; `aftercare` tells it what it needs to know of the shop (`Site`). The pages are written
by the templates in `templates/`, whose sentences have catalogues in `locales/`. Nothing in them needs a script.
"""

from help_centre.messages import help_centre_messages
from help_centre.pages import HelpCentre
from help_centre.site import Site

__all__ = ["HelpCentre", "Site", "help_centre_messages"]
