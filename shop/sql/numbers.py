"""The numbers of what is on record, as customers read and type them."""

import random

# Without those that look like another: 0 O, 1 I L, U V.
_SIGNS = "23456789ABCDEFGHJKMNPQRSTWXYZ"
_SYSTEM_RANDOM = random.SystemRandom()


def new_number(prefix: str, rng: random.Random = _SYSTEM_RANDOM) -> str:
    """A number such as "RMA-7KQ2XD", which cannot be guessed from another."""
    return f"{prefix}-{''.join(rng.choices(_SIGNS, k=6))}"


def new_tracking_number(rng: random.Random = _SYSTEM_RANDOM) -> str:
    """The number of a parcel that goes back. It is the shop's own, since no carrier stands behind its labels."""
    return f"HR{rng.randrange(10**12):012}"
