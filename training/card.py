"""The card of a model: what it was trained on, how well it does, and its limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from decide import SOURCES, figures, wilson

if TYPE_CHECKING:
    from train import Data

_SOURCES = {
    "excerpt": "excerpts of 6,000 characters, chosen for their point",
    "passage": "whole passages, looked for by their heading",
    "page": "whole pages, drawn by seed",
    "verdict": "best units of whole plans",
}


def write_card(data: Data, keys: Sequence[str], header: dict[str, Any], report: dict[str, Any], command: str) -> str:
    """Return the card as Markdown."""
    rubric = header["rubric"]
    lines = [
        f"# Model card: {rubric['id']} {header['version']}",
        "",
        "| | |",
        "|---|---|",
        f"| Rubric | {rubric['id']} {rubric['version']}, content `{rubric['content'][:16]}` |",
        f"| Outputs | {len(keys)} elements, {len(data.points)} points; logistic regressions, whole-number weights |",
        f"| Trained on | {_trained_on(data)} |",
        f"| Left out | {', '.join(name.capitalize() for name in header['left_out'])} |",
        f"| Made by | `{command}` |",
        "",
        "## Figures",
        "",
        "Cross-validated in five parts by whole plan. Thresholds and probabilities come from the other parts.",
        "",
        "| labels | number | precision (95 %) | recall (95 %) |",
        "|---|---|---|---|",
        *(_row(report, source) for source in SOURCES),
        "",
        "An answer on an excerpt is right if the excerpt states the element anywhere. A verdict is on the quote. "
        "Verdicts are on what a former model found, so they say nothing of recall.",
        "",
        "## Elements, on the excerpts",
        "",
        elements_table(report, keys),
        "",
        *_LIMITS,
    ]
    return "\n".join(lines) + "\n"


_LIMITS = (
    "## Limits",
    "",
    "- Elements with few labels are hardly ever found: the table shows which.",
    "- Baselines and targets in tables whose columns were lost are confused more often than other elements.",
    "- Most texts are plans of 2012-2015 as plain text. Ruled tables of PDF files are read by the rubric's patterns.",
    "- The labels come from readers of one kind, so agreement between them does not prove the labels.",
)


def _trained_on(data: Data) -> str:
    measured = [example for example in data.examples if example.measured]
    excerpts = [example for example in measured if example.point]
    asked = [question for example in measured for question in example.questions]
    counts = {source: [one for one in asked if one.source == source] for source in SOURCES}
    pages = len(
        {(id(example), tuple(one.units)) for example in measured for one in example.questions if one.source == "page"}
    )
    return (
        f"{len(excerpts)} excerpts ({len(counts['excerpt']):,} decided labels, "
        f'{sum(one.label for one in counts["excerpt"]):,} of them "present"), {pages} whole pages, '
        f"{len(counts['verdict']):,} verdicts and single units of "
        f"{len({example.plan for example in measured})} municipal plans; the tuning passages of `bench/labelled`"
    )


def _row(report: dict[str, Any], source: str) -> str:
    made = figures(report, source)
    shown = ["{:.2f} ({:.2f}-{:.2f})".format(*made[name]) for name in ("precision", "recall")]
    if source == "verdict":
        shown[1] = "-"
    return f"| {_SOURCES[source]} | {made['labels']:,} | {shown[0]} | {shown[1]} |"


def elements_table(report: dict[str, Any], keys: Sequence[str]) -> str:
    """Return precision and recall for each element as a Markdown table."""
    found, said = report["answers"], report["said"]
    lines = ["| element | present | found | right | precision | recall |", "|---|---|---|---|---|---|"]
    excerpts = found.source == "excerpt"
    for number, key in [*enumerate(keys), (-1, "all")]:
        chosen = excerpts & (found.element == number) if number >= 0 else excerpts
        label, hit = found.label[chosen], said[chosen]
        right, present, count = int((label * hit).sum()), int(label.sum()), int(hit.sum())
        shown = [f"{s:.2f} ({low:.2f}-{high:.2f})" for s, low, high in (wilson(right, count), wilson(right, present))]
        lines.append(
            f"| {key} | {present} | {count} | {right} | {shown[0] if count else '-'} | {shown[1] if present else '-'} |"
        )
    return "\n".join(lines)
