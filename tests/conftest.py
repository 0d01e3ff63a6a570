"""What holds for all tests: nothing personal is ever logged, examples may take their time on a busy machine, and what
belongs together stays with one worker.
"""

from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import Scheduling

from tests.logged import Logged, log_as_the_server_does
from tests.scheduling import TogetherScheduling

LOGGED = pytest.StashKey[Logged]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LOGGED] = Logged()
    log_as_the_server_does()
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """See `tests.scheduling`."""
    return TogetherScheduling(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "teardown":
        item.config.stash[LOGGED].add(item.nodeid, report.sections)
    return report


@pytest.fixture(scope="session", autouse=True)
def nothing_personal_is_logged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """At the end, after all servers have stopped: each process of the tests looks at what was logged in it."""
    yield
    found = request.config.stash[LOGGED].personal(tmp_path_factory.getbasetemp())
    assert not found, "\n".join(found[:20])
