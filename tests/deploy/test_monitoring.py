"""The dashboard, the alerts and the handbook speak of metrics that there are."""

import json
import re
from pathlib import Path

import pytest_asyncio
from prometheus_client import Metric

from aftercare.metrics import Metrics
from aftercare.settings import ROOT
from aftercare.standing import Standing
from storage import Database, migrate
from tests.deploy.files import DEPLOY, KUBERNETES, load
from tests.desk.working import Floor

ENDINGS = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "info": ["_info"]}
"""What the names of samples end with, by the kind of their metric."""

NAME = re.compile(r"\b(?:aftercare|process)_[a-z_]+")


@pytest_asyncio.fixture
async def found(tmp_path: Path) -> list[Metric]:
    """Every metric of a server."""
    import asyncio

    url = f"sqlite:///{tmp_path / 'test.db'}"
    await asyncio.to_thread(migrate, url)
    database = Database(url)
    floor = Floor(database)
    standing = Standing(database, floor.attendance, tmp_path, "", lambda: "", floor.clock)
    metrics = [*Metrics().registry.collect(), *await standing.look()]
    await database.close()
    return metrics


def sampled(metrics: list[Metric]) -> set[str]:
    """The names of what Prometheus stores of metrics."""
    return {metric.name + ending for metric in metrics for ending in ENDINGS.get(metric.type, [""])}


def queries() -> dict[str, str]:
    """Each query, by where it stands."""
    dashboard = json.loads((DEPLOY / "grafana" / "aftercare.json").read_text(encoding="utf-8"))
    drawn = {
        f"panel {panel['title']} {target['refId']}": target["expr"]
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
    }
    (group,) = load(DEPLOY / "prometheus" / "alerts.yml")["groups"]
    (rule,) = load(KUBERNETES / "prometheus-adapter.yaml")["rules"]["custom"]
    return {**drawn, **{rule["alert"]: rule["expr"] for rule in group["rules"]}, "adapter": rule["seriesQuery"]}


async def test_every_query_names_metrics_that_there_are(found: list[Metric]) -> None:
    names = sampled(found)
    asked = {where: set(NAME.findall(query)) - names for where, query in queries().items()}
    assert {where: unknown for where, unknown in asked.items() if unknown} == {}
    assert len(asked) > 30


async def test_the_handbook_explains_every_metric_and_every_alert(found: list[Metric]) -> None:
    handbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(aftercare_[a-z_]+)", handbook, re.MULTILINE)
    ours = {
        metric.name + (ENDINGS[metric.type][0] if metric.type in ("counter", "info") else "")
        for metric in found
        if metric.name.startswith("aftercare_")
    }
    assert set(rows) == ours
    (group,) = load(DEPLOY / "prometheus" / "alerts.yml")["groups"]
    for rule in group["rules"]:
        assert f"`{rule['alert']}`" in handbook
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_each_panel_stands_alone_and_knows_its_source() -> None:
    dashboard = json.loads((DEPLOY / "grafana" / "aftercare.json").read_text(encoding="utf-8"))
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert '{job="$job"' in target["expr"]
