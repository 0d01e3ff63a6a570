"""The pictures of the demonstration shop's products: drawings in `pictures/`, in the colours of the catalogue.

A drawing is an SVG file in which `$main` stands for the product's colour. The others follow from it: `$shade` and
`$line` for surfaces and lines that stand out from it, `$light` for a lighter part, `$inner` for an inside, `$ground`
for what is behind it all.
"""

from functools import cache
from pathlib import Path
from string import Template

from shop.demo.files import load

FOLDER = Path(__file__).parent / "pictures"

_Rgb = tuple[float, float, float]
_BLACK: _Rgb = (0.0, 0.0, 0.0)
_WHITE: _Rgb = (255.0, 255.0, 255.0)
_PAPER: _Rgb = (240.0, 236.0, 228.0)
_DARKER_PAPER: _Rgb = (222.0, 216.0, 205.0)
"""Behind what would hardly stand out from the other."""


@cache
def draw(sku: str, colour: str | None = None) -> str | None:
    """The picture of a product as SVG; None where there is no such product.

    Args:
        sku: the product's.
        colour: the key of a colour; any other than the product's own means its first one.
    """
    product = next((product for product in load("catalogue")["products"] if product["sku"] == sku), None)
    if product is None:
        return None
    key = colour if colour in product["colours"] else product["colours"][0]
    drawing = Template((FOLDER / f"{product['picture']}.svg").read_text(encoding="utf-8"))
    return drawing.substitute(_palette(load("catalogue")["colours"][key]["hex"]))


def _palette(colour: str) -> dict[str, str]:
    main: _Rgb = (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))
    brightness = (0.299 * main[0] + 0.587 * main[1] + 0.114 * main[2]) / 255
    # On dark colours, shadows would not be seen.
    other = _WHITE if brightness < 0.3 else _BLACK
    strength = 0.7 if brightness > 0.85 else 1.0
    mixed: dict[str, _Rgb] = {
        "main": main,
        "shade": _mix(main, other, 0.12 * strength),
        "line": _mix(main, other, 0.27 * strength),
        "light": _mix(main, _WHITE, 0.45) if brightness < 0.85 else _mix(main, _BLACK, 0.1),
        "inner": _mix(main, _BLACK, 0.35 * strength),
        "ground": _mix(_DARKER_PAPER if brightness > 0.75 else _PAPER, main, 0.1),
    }
    return {name: "#" + "".join(f"{round(part):02x}" for part in mixed_colour) for name, mixed_colour in mixed.items()}


def _mix(one: _Rgb, other: _Rgb, share: float) -> _Rgb:
    """Two colours, with so much of the other."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue
