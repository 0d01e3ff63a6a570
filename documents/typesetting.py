"""Text of any of the served languages, in typefaces that are embedded in the document."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from html import escape
from importlib.resources import files
from io import BytesIO
from itertools import groupby
from pathlib import Path

from reportlab.lib.fonts import addMapping
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

# reportlab, because its licence is the BSD one, where that of fpdf2 is the LGPL; and it brings the barcodes along.

TEXT, TEXT_BOLD = "DejaVuSans", "DejaVuSans-Bold"
HAN, HAN_BOLD = "NotoSansSC-Regular", "NotoSansSC-Bold"
POSTSCRIPT_NAME = 6
"""The number of a font's PostScript name among its names."""
WEIGHTS = {HAN: 400, HAN_BOLD: 700}

NOTO_SANS_SC = Path(str(files("justmytype_intl_cjk"))) / "fonts" / "ofl" / "notosanssc" / "NotoSansSC[wght].ttf"

for name in (TEXT, TEXT_BOLD, HAN, HAN_BOLD):
    # Paragraphs may name typefaces before these are there.
    addMapping(name, 0, 0, name)


class Typesetter:
    """Makes the paragraphs of one document.

    DejaVu has the letters of Europe and Noto Sans SC those of China: each run of a text is set in the one that has it.
    """

    def __init__(self) -> None:
        self._han: set[str] = set()

    def paragraph(self, text: str, style: ParagraphStyle, *, bold: bool = False) -> Paragraph:
        """A paragraph of plain text; its line breaks are kept. It can be drawn while `typefaces()` is open."""
        runs = []
        for is_han, characters in groupby(text, key=_is_han):
            run = "".join(characters)
            if is_han:
                self._han.update(run)
            typeface = (HAN_BOLD if bold else HAN) if is_han else (TEXT_BOLD if bold else TEXT)
            runs.append(f'<font name="{typeface}">{escape(run)}</font>')
        markup = "".join(runs).replace("\n", "<br/>")
        # Chinese is broken between any two characters, other languages between words.
        wrapping = "CJK" if any(map(_is_han, text)) else None
        return Paragraph(markup, ParagraphStyle("text", style, wordWrap=wrapping))

    @contextmanager
    def typefaces(self) -> Iterator[None]:
        """The typefaces with all characters of the paragraphs made so far. One document is drawn at a time."""
        with _drawing:
            _dejavu_characters()
            _noto.cover(self._han)
            yield


class _Noto:
    """Noto Sans SC in both weights, with the characters that documents needed so far.

    It is a variable font of 30,000 characters. To cut two weights of all of them out of it takes a quarter of a minute;
    of those of a document, half a second. What was cut out is kept, so that before long nothing is left to be done.
    """

    def __init__(self) -> None:
        self._characters: set[str] = set()
        self._fonts: list[TTFont] = []

    def cover(self, characters: set[str]) -> None:
        """Register the typefaces with at least these characters."""
        if self._characters.issuperset(characters):
            return
        wanted = self._characters | characters
        fonts = [TTFont(name, _instance(name, "".join(sorted(wanted)))) for name in WEIGHTS]
        for font in self._fonts:
            font.unregister()
        for font in fonts:
            pdfmetrics.registerFont(font)
        self._characters, self._fonts = wanted, fonts


# What reportlab knows of typefaces belongs to the process.
_noto = _Noto()
_drawing = threading.Lock()


def _is_han(character: str) -> bool:
    code = ord(character)
    return not character.isspace() and code not in _dejavu_characters() and code in _noto_characters()


@cache
def _dejavu_characters() -> frozenset[int]:
    """Register DejaVu; returns the characters that it has."""
    # This, and what cuts typefaces, takes time and memory that most processes need for no document.
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = [TTFont(name, folder / f"{name}.ttf") for name in (TEXT, TEXT_BOLD)]
    for font in fonts:
        pdfmetrics.registerFont(font)
    return frozenset(fonts[0].face.charToGlyph)


@cache
def _noto_characters() -> frozenset[int]:
    from fontTools import ttLib as fonttools

    with fonttools.TTFont(NOTO_SANS_SC, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _instance(name: str, characters: str) -> BytesIO:
    """Noto Sans SC in one weight, with some characters."""
    from fontTools import subset
    from fontTools import ttLib as fonttools
    from fontTools.varLib import instancer

    with fonttools.TTFont(NOTO_SANS_SC, lazy=True) as font:
        subsetter = subset.Subsetter(subset.Options(layout_features=[], notdef_outline=True, hinting=False))
        subsetter.populate(text=characters)
        subsetter.subset(font)
        instancer.instantiateVariableFont(font, {"wght": WEIGHTS[name]}, inplace=True)
        # reportlab takes typefaces of the same PostScript name for the same.
        font["name"].setName(name, POSTSCRIPT_NAME, 3, 1, 0x409)
        file = BytesIO()
        font.save(file)
    file.seek(0)
    return file
