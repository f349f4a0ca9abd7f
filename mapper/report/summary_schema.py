"""The summary ``wafer-report/1`` that ``mapper report -o NAME.json`` writes, as pydantic models, and its JSON Schema.

Later versions may add keys; so what is not known here is left alone.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.instance.scalars import Count, Int, NotNegative, Real, Text

Percent = Annotated[Real, Field(ge=0, le=100)]


class Part(BaseModel):
    """Base of the parts of a summary."""

    model_config = ConfigDict(frozen=True)


class InstanceSummary(Part):
    """An instance of the report."""

    name: Text
    digest: Text
    synapses: Count = Field(description="synapses required")
    best_lost: Count = Field(description="fewest lost, in the references or in these runs")
    best_by: Text = Field(description="who lost that few")
    bound: Int = Field(description="highest proven lower bound on the loss [synapses]")


class CellSummary(Part):
    """The runs of one solver on one instance."""

    instance: Text
    solver: Text
    runs: Count = Field(description="seeds; 0: the pair was not run, and its loss counts as 100")
    status: Text = Field(description="status letters of all seeds, each once; - without a run")
    loss: Percent = Field(description="median over seeds [%]")
    loss_least: Percent
    loss_most: Percent
    excess: Real = Field(description="median loss above the best known one [percentage points]")
    gap: Real = Field(description="median loss above the bound [percentage points]")
    seconds: NotNegative | None = Field(description="shifted geometric mean of the times [s]")
    failures: Count = Field(description="runs without a valid mapping")


class RunSummary(Part):
    """One run; the columns of the CSV."""

    instance: Text
    digest: Text
    solver: Text
    version: Text
    seed: Int
    status: Literal["O", "F", "N", "X", "T", "M", "C", "V"]
    synapses: Count
    lost: Count | None = Field(description="null without a valid mapping")
    loss_percent: Percent = Field(description="100 without a valid mapping")
    lost_l1: Count | None = Field(description="lost for want of an L1 route")
    bound: Int = Field(description="for every placement [synapses]")
    bound_placement: Int = Field(description="for the placement found [synapses]")
    gap_pp: Real | None = Field(description="loss above the bound [percentage points]")
    chips: Count | None = Field(description="HICANNs configured")
    seconds: NotNegative | None
    cpu_seconds: NotNegative | None
    time_limit: NotNegative | None
    det_limit: NotNegative | None
    threads: Count | None
    load_before: Real | None
    load_after: Real | None
    cores: Real | None
    started: Text | None
    solution: Text
    reason: Text


class Summary(Part):
    """A report in numbers: the medians that a gate compares, and all runs."""

    format: Literal["wafer-report/1"]
    instances: list[InstanceSummary]
    cells: list[CellSummary]
    runs: list[RunSummary]


def summary_schema() -> dict[str, Any]:
    """Return the JSON Schema of a summary."""
    schema = Summary.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
