"""The pictures of the demonstration's products."""

from xml.etree import ElementTree

import pytest

from shop.demo.drawings import FOLDER, draw
from shop.demo.files import load

PRODUCTS = load("catalogue")["products"]


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: str(product["sku"]))
def test_every_product_is_drawn_in_each_of_its_colours(product: dict[str, object]) -> None:
    colours = product["colours"]
    assert isinstance(colours, list)
    drawings = {draw(str(product["sku"]), colour) for colour in colours}
    assert len(drawings) == len(colours)
    for drawing in drawings:
        assert drawing is not None and "$" not in drawing
        assert ElementTree.fromstring(drawing).attrib["viewBox"] == "0 0 400 400"


def test_other_colours_are_the_first_of_the_product() -> None:
    assert draw("KNI-201") == draw("KNI-201", "grey") == draw("KNI-201", "mauve") != draw("KNI-201", "navy")
    assert draw("XXX-1") is None


def test_every_drawing_is_used_and_small() -> None:
    files = {path.stem: path.stat().st_size for path in FOLDER.iterdir()}
    assert set(files) == {product["picture"] for product in PRODUCTS}
    assert max(files.values()) < 2048
