"""The README's table of settings is the truth."""

import re
from pathlib import Path

from aftercare.settings import PREFIX, Settings

README = Path(__file__).parent.parent.parent / "README.md"


def test_every_setting_is_documented_and_no_other() -> None:
    documented = re.findall(rf"^\| `{PREFIX}([A-Z_]+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(documented) == sorted(name.upper() for name in Settings.model_fields)
