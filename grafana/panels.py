"""Panels and dashboards as data, and their rendering as JSON for Grafana (grafana-foundation-sdk)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.common import GraphThresholdsStyleMode, VisibilityMode

SOURCE = model.DataSourceRef(type_val="prometheus", uid="prometheus")
THRESHOLDS = Path(__file__).parents[1] / "config/prometheus/thresholds.env"


def thresholds() -> dict[str, float]:
    """Return the numbers of thresholds.env, by name without ``ALERT_``."""
    lines = [line.strip() for line in THRESHOLDS.read_text(encoding="utf-8").splitlines() if line.startswith("ALERT_")]
    pairs = [line.removeprefix("ALERT_").split("=") for line in lines]
    return {name: float(value) for name, value in pairs if value.replace(".", "").isdigit()}


def quantiles(metric: str, by: str, *, where: str = "", window: str = "15m") -> list[tuple[str, str]]:
    """Return queries of the median and the 95th percentile of a histogram, for each value of a label."""
    rate = f"sum by ({by}, le) (rate({metric}_bucket{where}[{window}]))"
    return [(f"histogram_quantile({q}, {rate})", f"p{q * 100:.0f} {{{{{by}}}}}") for q in (0.5, 0.95)]


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes:
        title: name of the quantity.
        description: its meaning for an operator.
        unit: unit, by its name in Grafana.
        queries: pairs of PromQL and legend.
        link: name of a runbook, or uid of another dashboard.
        warn: threshold of the warning colour; a lower bound if ``low`` is set.
        low: low values are bad.
        single: one number instead of lines over time.
        width: columns of 24.
    """

    title: str
    description: str
    unit: str
    queries: list[tuple[str, str]]
    link: str
    warn: float | None = None
    low: bool = False
    single: bool = False
    width: int = 8


@dataclass(frozen=True)
class Board:
    """One dashboard.

    ``uid`` is the end of its address, ``panels`` are in reading order, ``variables`` are filters by label.
    """

    uid: str
    title: str
    description: str
    panels: list[Panel]
    variables: dict[str, str] = field(default_factory=dict)
    annotated: bool = False


def render(board: Board) -> str:
    """Return the dashboard as JSON for Grafana. The same board always gives the same text."""
    builder = (
        dashboard.Dashboard(board.title)
        .uid(f"decalogo-{board.uid}")
        .description(board.description)
        .tags(["decalogo"])
        .readonly()
        .refresh("30s")
        .time("now-1h", "now")
        .link(dashboard.DashboardLink("Dashboards").type(model.DashboardLinkType.DASHBOARDS).tags(["decalogo"]))
    )
    for name, query in board.variables.items():
        variable = (
            dashboard.QueryVariable(name)
            .label(name)
            .query(query)
            .datasource(SOURCE)
            .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        )
        builder.with_variable(variable.multi(True).include_all(True).all_value(".*"))
    if board.annotated:
        builder.annotation(
            dashboard.AnnotationQuery()
            .name("Load test")
            .datasource(model.DataSourceRef(type_val="grafana", uid="-- Grafana --"))
            .enable(True)
            .icon_color("blue")
            .target(dashboard.AnnotationTarget().limit(100).match_any(False).tags(["loadtest"]).type("tags"))
        )
    for number, panel in enumerate(board.panels, 1):
        builder.with_panel(_panel(panel).id(number))
    return JSONEncoder(sort_keys=True, indent=1).encode(builder.build()) + "\n"


def _panel(panel: Panel) -> stat.Panel | timeseries.Panel:
    built = (
        stat.Panel()
        if panel.single
        else timeseries.Panel().fill_opacity(10).line_width(1).show_points(VisibilityMode.NEVER)
    )
    built.title(panel.title).description(panel.description).datasource(SOURCE).unit(panel.unit).min(0)
    built.height(4 if panel.single else 8).span(panel.width)
    good, bad = ("red", "green") if panel.low else ("green", "red")
    steps = [model.Threshold(value=None, color="green" if panel.warn is None else good)]
    if panel.warn is not None:
        steps.append(model.Threshold(value=panel.warn, color=bad))
    built.thresholds(dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps))
    if not panel.single and panel.warn is not None:
        built.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
    runbook = panel.link[0].isupper()
    address = f"/runbooks/{panel.link}.md" if runbook else f"/grafana/d/decalogo-{panel.link}"
    title = f"Runbook {panel.link}" if runbook else f"Dashboard {panel.link}"
    built.links([dashboard.DashboardLink(title).type(model.DashboardLinkType.LINK).url(address)])
    for name, (expression, legend) in zip("ABCDEFGH", panel.queries, strict=False):
        query = prometheus.Dataquery().ref_id(name).expr(expression).legend_format(legend)
        built.with_target(query.instant() if panel.single else query.range())
    return built
