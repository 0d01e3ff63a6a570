"""Running a model's graph, one component after the other."""

from __future__ import annotations

from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

from rasa.engine.runner.dask import DaskGraphRunner


class SequentialGraphRunner(DaskGraphRunner):
    """Does what `DaskGraphRunner` does (it runs in the caller's thread too) without a scheduler in between.

    The order of the components is found once for each set of targets; dask, which finds it in every run, takes longer
    than the components of a prediction.
    """

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """See `rasa.engine.runner.interface.GraphRunner.run`."""
        wanted = tuple(targets or self._graph_schema.target_names)
        results = {name: (name, value) for name, value in (inputs or {}).items()}
        if wanted not in self._plans:
            self._plans[wanted] = self._plan(wanted)
        for name, needs in self._plans[wanted]:
            results[name] = self._instantiated_nodes[name](*(results[need] for need in needs))
        return {name: results[name][1] for name in wanted}

    @cached_property
    def _plans(self) -> dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]]:
        return {}

    def _plan(self, targets: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        """The nodes that the targets need, each after the nodes whose output it takes."""
        nodes = self._graph_schema.minimal_graph_schema(list(targets)).nodes
        order = TopologicalSorter({name: set(node.needs.values()) for name, node in nodes.items()})
        return [(name, tuple(nodes[name].needs.values())) for name in order.static_order() if name in nodes]
