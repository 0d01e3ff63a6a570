"""All troubleshooting guides of a shop."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from shop.troubleshooting.model import Guide, Problem
from shop.troubleshooting.reader import GuidesError, read_guide

BUNDLED = Path(__file__).parent
"""The demonstration shop's guides."""

GENERAL = "general"
"""The guide for products whose category has none of its own."""


class Guides:
    """The guides of a shop, by product category."""

    def __init__(self, guides: Iterable[Guide]) -> None:
        """Raises `KeyError` if the general guide is not among them."""
        by_category = {guide.category: guide for guide in guides}
        # What is dangerous is so in every category, also in one whose author did not think of it.
        hazards = [problem for problem in by_category[GENERAL].problems if problem.is_hazard]
        self._guides = {category: _with(hazards, guide) for category, guide in by_category.items()}

    @classmethod
    def load(cls, folder: Path) -> "Guides":
        """Reads and checks a folder's files, `<category>.yml` and `general.yml`. Raises `GuidesError`."""
        paths = sorted(folder.glob("*.yml"))
        if folder / f"{GENERAL}.yml" not in paths:
            raise GuidesError(folder, None, f"{GENERAL}.yml is missing, the guide for all other products")
        return cls(read_guide(path) for path in paths)

    @property
    def categories(self) -> tuple[str, ...]:
        """The keys of the categories that have a guide of their own, and `general`."""
        return tuple(self._guides)

    def of(self, category: str | None) -> Guide:
        """The guide of a product category (its key); the general one where it has none, or for None.

        The general guide's hazards are part of every guide, as its last problems, unless it has a problem of that key.
        """
        return self._guides.get(category or GENERAL, self._guides[GENERAL])


def _with(problems: Iterable[Problem], guide: Guide) -> Guide:
    own = {problem.key for problem in guide.problems}
    return replace(guide, problems=(*guide.problems, *(problem for problem in problems if problem.key not in own)))
