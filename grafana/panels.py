"""Panels and dashboards as data, and their rendering as JSON for Grafana (grafana-foundation-sdk)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from colours import BAD, BY_LABEL, BY_NAME, GOOD, NEUTRAL
from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.common import (
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    VisibilityMode,
)

SOURCE = model.DataSourceRef(type_val="prometheus", uid="prometheus")
THRESHOLDS = Path(__file__).parents[1] / "config/prometheus/thresholds.env"


def thresholds() -> dict[str, float]:
    """Return the numbers of thresholds.env, by name without ``ALERT_``."""
    lines = [line.strip() for line in THRESHOLDS.read_text(encoding="utf-8").splitlines() if line.startswith("ALERT_")]
    pairs = [line.removeprefix("ALERT_").split("=") for line in lines]
    return {name: float(value) for name, value in pairs if value.replace(".", "").isdigit()}


# The window of Grafana: at least four scrapes, and longer where the picture has fewer points.
WINDOW = "$__rate_interval"
# Highest value of the axis while all values are lower, by unit. Grafana's own choice for zeros is 100, or 10,000 %.
SOFT_MAX = {"percentunit": 0.05, "s": 0.1, "bytes": 1 << 20, "Bps": 1024, "d": 30}


def quantiles(metric: str, by: str, *, where: str = "") -> list[tuple[str, str]]:
    """Return queries of the median and the 95th percentile of a histogram, for each value of a label."""
    rate = f"sum by ({by}, le) (rate({metric}_bucket{where}[{WINDOW}]))"
    return [(f"histogram_quantile({q}, {rate})", f"p{q * 100:.0f} {{{{{by}}}}}") for q in (0.5, 0.95)]


def or_none(expression: str, label: str) -> str:
    """Return a query that has one series, with the label ``none`` and the value 0, while it would have none."""
    return f'{expression} or label_replace(vector(0), "{label}", "none", "", "")'


def by_worker(expression: str) -> str:
    """Return a query whose series have the label ``host``: the id of the container, as `docker ps` prints it."""
    return f'{expression} * on (instance) group_left (host) decalogo_build_info{{service="worker", host=~"$worker"}}'


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
        states: names of the values 0 and 1, for a bar per series instead of lines that cover each other.
        meaning: the label in ``colours.BY_LABEL`` that decides the colours.
        tint: colour of all series, in shades if there are several: for kinds of faults, none of which is good.
        whole: the values are shares of a whole, so the axis ends at 100 %.
        table: many series: the legend is a table beside the lines.
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
    states: tuple[str, str] | None = None
    meaning: str = ""
    tint: str = ""
    whole: bool = False
    table: bool = False
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


Built = stat.Panel | timeseries.Panel | statetimeline.Panel


def _panel(panel: Panel) -> Built:
    built: Built = (
        _timeline(panel, *panel.states) if panel.states else _number(panel) if panel.single else _lines(panel)
    )
    built.title(panel.title).description(panel.description).datasource(SOURCE).unit(panel.unit)
    built.height(4 if panel.single else 8).span(panel.width)
    built.thresholds(dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(_steps(panel)))
    runbook = panel.link[0].isupper()
    address = f"/runbooks/{panel.link}.md" if runbook else f"/grafana/d/decalogo-{panel.link}"
    title = f"Runbook {panel.link}" if runbook else f"Dashboard {panel.link}"
    built.links([dashboard.DashboardLink(title).type(model.DashboardLinkType.LINK).url(address)])
    for name, (expression, legend) in zip("ABCDEFGH", panel.queries, strict=False):
        query = prometheus.Dataquery().ref_id(name).expr(expression).legend_format(legend)
        built.with_target(query.instant() if panel.single else query.range())
    return built


def _steps(panel: Panel) -> list[model.Threshold]:
    """Return the colours of the values. Without a threshold no value is good or bad."""
    if panel.states:
        return [
            model.Threshold(value=None, color=BAD if panel.low else GOOD),
            model.Threshold(1, GOOD if panel.low else BAD),
        ]
    if panel.warn is None:
        return [model.Threshold(value=None, color=NEUTRAL)]
    below, above = (BAD, GOOD) if panel.low else (GOOD, BAD)
    return [model.Threshold(value=None, color=below), model.Threshold(panel.warn, above)]


def _number(panel: Panel) -> stat.Panel:
    return stat.Panel().min(0)


def _timeline(panel: Panel, zero: str, one: str) -> statetimeline.Panel:
    colours = (BAD, GOOD) if panel.low else (GOOD, BAD)
    results = {
        str(value): model.ValueMappingResult(text=text, color=colour, index=value)
        for value, (text, colour) in enumerate(zip((zero, one), colours, strict=True))
    }
    built = statetimeline.Panel().mappings([model.ValueMap(options=results)]).show_value(VisibilityMode.NEVER)
    return built.row_height(0.8).legend(common.VizLegendOptions().show_legend(False))


def _lines(panel: Panel) -> timeseries.Panel:
    built = timeseries.Panel().fill_opacity(10).line_width(1).show_points(VisibilityMode.NEVER).min(0)
    built = built.max(1) if panel.whole else built.axis_soft_max(SOFT_MAX.get(panel.unit, 1))
    if panel.warn is not None:
        built.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
    legend = common.VizLegendOptions().show_legend(True).calcs([])
    if panel.table:
        legend.display_mode(LegendDisplayMode.TABLE).placement(LegendPlacement.RIGHT).calcs(["max"])
        legend.sort_by("Max").sort_desc(True).width(480 if panel.width > 12 else 330)
    else:
        legend.display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    built.legend(legend)
    single = len(panel.queries) == 1 and "{{" not in panel.queries[0][1]
    if panel.tint:
        mode = model.FieldColorModeId.FIXED if single else model.FieldColorModeId.SHADES
        built.color_scheme(dashboard.FieldColor().mode(mode).fixed_color(panel.tint))
    elif single:
        built.color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.FIXED).fixed_color(NEUTRAL))
    for value, colour in BY_LABEL.get(panel.meaning, {}).items():
        pattern = f"/{value}/" if value.startswith("^") else f"/\\b{value}$/"
        built.override_by_regexp(pattern, [_colour(colour)])
    for _, name in panel.queries:
        if name in BY_NAME:
            built.override_by_name(name, [_colour(BY_NAME[name])])
    if any(expression.endswith(', "none", "", "")') for expression, _ in panel.queries):
        built.override_by_name("none", [_colour(BY_NAME["none"])])
    return built


def _colour(colour: str) -> model.DynamicConfigValue:
    return model.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})
