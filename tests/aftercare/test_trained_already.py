"""Models that come with an image."""

from pathlib import Path

import pytest

from aftercare.settings import Settings
from aftercare.training import trained_already


def test_a_model_of_the_image_is_taken_where_the_home_folder_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, image = tmp_path / "home", tmp_path / "image"
    image.mkdir()
    monkeypatch.setenv("AFTERCARE_HOME", str(home))
    settings = Settings.load()
    target = settings.models / "0123.tar.gz"
    (image / target.name).touch()
    assert trained_already(settings, target) is None
    monkeypatch.setenv("AFTERCARE_TRAINED_MODELS", str(image))
    settings = Settings.load()
    assert trained_already(settings, target) == image / target.name
    assert trained_already(settings, settings.models / "4567.tar.gz") is None
    target.parent.mkdir(parents=True)
    target.touch()
    assert trained_already(settings, target) == target
