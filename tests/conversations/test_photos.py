import asyncio
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from conversations import PhotoProblem, PhotoRefused, Photos
from conversations.photos import MAX_PHOTOS
from conversations.pictures import MAX_BYTES, Picture, clean
from storage import Database

GPS = 0x8825
ORIENTATION = 0x0112
MAKER = 0x010F
SECRETS = (b"Leica", b"Berlin", b"GPS", b"Exif", b"XML", b"comment", b"xmp")
"""What the pictures below tell of the person, in their files."""


def picture(size: tuple[int, int] = (40, 20)) -> Image.Image:
    """White, with its upper left quarter red."""
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    return image


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
"""The same in all pictures of a run: the second in which it is made is written in it."""


def telling(kind: str, orientation: int = 1, image: Image.Image | None = None) -> bytes:
    """A picture's file with all that a camera may write about it."""
    exif = Image.Exif()
    exif[MAKER] = "Leica Berlin"
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    file = BytesIO()
    more = {
        "JPEG": {"comment": b"a comment from Berlin", "xmp": b"<xmp>Berlin</xmp>", "quality": 95},
        "PNG": {"pnginfo": PngInfo()},
        "WEBP": {"xmp": b"<xmp>Berlin</xmp>", "lossless": True},
    }[kind]
    if isinstance(info := more.get("pnginfo"), PngInfo):
        info.add_text("comment", "a comment from Berlin")
        info.add_itxt("XML:com.adobe.xmp", "<xmp>Berlin</xmp>")
    (image or picture()).save(file, kind, exif=exif, icc_profile=PROFILE, **more)
    return file.getvalue()


def refusal(data: bytes) -> PhotoProblem:
    with pytest.raises(PhotoRefused) as caught:
        clean(data)
    assert str(caught.value)
    return caught.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_what_the_camera_wrote_is_left(kind: str) -> None:
    data = telling(kind)
    with Image.open(BytesIO(data)) as before:
        assert before.getexif().get_ifd(GPS)
        assert before.info["icc_profile"]
    kept = clean(data)
    with Image.open(BytesIO(kept.data)) as after:
        assert (after.format, f"image/{kind.lower()}") == (kind, kept.content_type)
        assert dict(after.getexif()) == {}
        assert after.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background"}
    assert [secret for secret in SECRETS if secret in data]
    assert [secret for secret in SECRETS if secret in kept.data] == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright(kind: str, orientation: int) -> None:
    # As a camera stores what it sees: turned or mirrored, with a note that says how.
    undone = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }[orientation]
    image = picture()
    for step in undone:
        image = image.transpose(step)
    kept = clean(telling(kind, orientation, image))
    assert (kept.width, kept.height) == (40, 20)
    with Image.open(BytesIO(kept.data)) as after:
        assert after.size == (40, 20)
        corners = [after.convert("RGB").getpixel(place) for place in ((3, 3), (36, 3), (3, 16), (36, 16))]
    reds = [isinstance(colour, tuple) and colour[0] > 200 and colour[1] < 60 for colour in corners]
    assert reds == [True, False, False, False]


def test_a_jpeg_with_more_pictures_behind_it_keeps_the_first() -> None:
    file = BytesIO()
    picture().save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (10, 10))])
    kept = clean(file.getvalue())
    assert (kept.content_type, kept.width, kept.height) == ("image/jpeg", 40, 20)


def test_a_document_is_kept_as_it_is() -> None:
    data = b"%PDF-1.7 a receipt %%EOF\n"
    assert clean(data) == Picture(data, "application/pdf", 0, 0)
    with pytest.raises(PhotoRefused) as refused:
        clean(data[:-8])
    assert refused.value.code is PhotoProblem.BROKEN


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pictures_of_all_kinds_of_colour_are_taken(mode: str) -> None:
    file = BytesIO()
    Image.new(mode, (8, 8)).save(file, "PNG")
    assert clean(file.getvalue()).content_type == "image/png"


def test_what_is_seen_through_stays_so() -> None:
    file = BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(file, "PNG")
    with Image.open(BytesIO(clean(file.getvalue()).data)) as after:
        assert after.convert("RGBA").getpixel((1, 1)) == (255, 0, 0, 0)


def in_format(kind: str) -> bytes:
    file = BytesIO()
    picture().save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        in_format("GIF"),
        in_format("BMP"),
        in_format("TIFF"),
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100),
        b"\xff\xd8\xff",
    ],
)
def test_other_files_are_refused_whatever_they_are_called(data: bytes) -> None:
    assert refusal(data) is PhotoProblem.TYPE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_file_is_refused(kind: str) -> None:
    file = BytesIO()
    Image.effect_noise((300, 300), 80).convert("RGB").save(file, kind)
    data = file.getvalue()
    assert refusal(data[: len(data) // 2]) in (PhotoProblem.BROKEN, PhotoProblem.TYPE)


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is large, and whose pixels all are there, of one bit each."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    pixels = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(7_100, 7_100), (40_000, 40_000)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_before_it_is_unpacked(width: int, height: int) -> None:
    data = bomb(width, height)
    assert len(data) < 1_000_000
    assert refusal(data) is PhotoProblem.TOO_LARGE


def test_a_file_that_is_too_long_is_refused() -> None:
    assert refusal(in_format("JPEG") + bytes(MAX_BYTES)) is PhotoProblem.TOO_LARGE


@given(st.binary(max_size=200), st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
@settings(deadline=None)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_whatever_comes_is_taken_or_refused(noise: bytes, kind: str, data: st.DataObject) -> None:
    file = telling(kind)
    place = data.draw(st.integers(0, len(file)))
    try:
        kept = clean(file[:place] + noise + file[place + len(noise) :])
    except PhotoRefused:
        return
    with Image.open(BytesIO(kept.data)) as after:
        after.load()


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 3, 4, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def photos(database: Database, tmp_path: Path, clock: Callable[[], datetime]) -> Photos:
    return Photos(database, tmp_path / "uploads", clock)


def files(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "uploads").iterdir()}


async def test_a_photograph_is_kept_and_found_again(photos: Photos, clock: Clock) -> None:
    photo = await photos.keep("rest:u1", telling("JPEG"))
    assert len(photo.id) == 32
    assert (photo.content_type, photo.width, photo.height) == ("image/jpeg", 40, 20)
    assert (photo.conversation_id, photo.created_at) == ("rest:u1", clock.time)
    assert await photos.get(photo.id) == photo
    data = photos.path(photo).read_bytes()
    assert len(data) == photo.bytes
    assert b"Berlin" not in data
    assert await photos.get("0" * 32) is None


async def test_a_refused_one_leaves_nothing_behind(photos: Photos, tmp_path: Path) -> None:
    with pytest.raises(PhotoRefused):
        await photos.keep("rest:u1", b"hello")
    assert await photos.of("rest:u1") == []
    assert not (tmp_path / "uploads").exists()


async def test_a_conversation_has_so_many_and_no_more(photos: Photos, tmp_path: Path) -> None:
    data = in_format("PNG")
    attempts = [photos.keep("rest:u1", data) for _ in range(MAX_PHOTOS + 3)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, PhotoRefused)]
    assert [outcome.code for outcome in refused] == [PhotoProblem.TOO_MANY] * 3
    assert len(await photos.of("rest:u1")) == len(files(tmp_path)) == MAX_PHOTOS
    await photos.keep("rest:u2", data)


async def test_the_photographs_of_a_conversation_are_deleted(photos: Photos, tmp_path: Path) -> None:
    await photos.keep("rest:u1", in_format("PNG"))
    await photos.keep("rest:u1", in_format("JPEG"))
    other = await photos.keep("rest:u2", in_format("WEBP"))
    assert await photos.delete_of("rest:u1") == 2
    assert await photos.delete_of("rest:u1") == 0
    assert await photos.of("rest:u1") == []
    assert files(tmp_path) == {photos.path(other).name}


async def test_old_photographs_are_forgotten(photos: Photos, clock: Clock, tmp_path: Path) -> None:
    old = await photos.keep("rest:u1", in_format("PNG"))
    clock.time += timedelta(days=30)
    new = await photos.keep("rest:u1", in_format("PNG"))
    # What somebody deleted by hand is not missed.
    photos.path(old).unlink()
    assert await photos.forget(clock.time) == 1
    assert await photos.of("rest:u1") == [new]
    assert files(tmp_path) == {photos.path(new).name}


async def test_the_loop_goes_on_meanwhile(photos: Photos) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    large = BytesIO()
    picture((3000, 2000)).save(large, "PNG")
    ticking = asyncio.create_task(tick())
    await photos.keep("rest:u1", large.getvalue())
    ticking.cancel()
    assert ticks > 50
