"""Serve stock Rasa: `python -m benchmarks.stock.serving --project … --port …`.

The application is the one that `rasa run` makes, with its agent, its REST channel and its in-memory stores. Only the
last step is this module's: `rasa run` lets Sanic start a process for it, in a way that present Sanic refuses.
"""

from __future__ import annotations

import argparse
import logging
from functools import partial
from pathlib import Path

from bot.engine import import_rasa

import_rasa(neural=True)

# ruff: noqa: E402
from rasa.core.run import close_resources, configure_app, create_http_input_channels, load_agent_on_start
from rasa.core.utils import AvailableEndpoints
from rasa.utils.common import configure_logging_and_warnings
from rasa.utils.endpoints import EndpointConfig
from rasa.utils.log_utils import configure_structlog


def main(project: Path, host: str, port: int, actions_url: str) -> None:
    """Serve."""
    # As `rasa run` does without options: the debug lines of its loggers would cost more than the turn.
    configure_logging_and_warnings(logging.INFO, None, warn_only_once=True, filter_repeated_logs=True)
    configure_structlog(logging.INFO)
    endpoints = AvailableEndpoints(action=EndpointConfig(actions_url))
    channels = create_http_input_channels(None, str(project / "credentials.yml"))
    app = configure_app(channels, enable_api=False, port=port, endpoints=endpoints)
    load = partial(load_agent_on_start, str(project / "models"), endpoints, None)
    app.register_listener(load, "before_server_start")
    app.register_listener(close_resources, "after_server_stop")
    app.run(host=host, port=port, single_process=True, access_log=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--actions-url", required=True)
    options = parser.parse_args()
    main(options.project, options.host, options.port, options.actions_url)
