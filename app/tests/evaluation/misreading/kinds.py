"""The kinds of misreading, and all inputs made for them."""

from __future__ import annotations

from tests.evaluation.misreading import (
    further_cases,
    further_office_cases,
    office_cases,
    pdf_cases,
    scan_cases,
    table_cases,
    text_cases,
)

_MODULES = (office_cases, text_cases, pdf_cases, scan_cases, table_cases, further_cases, further_office_cases)
KINDS = {
    "F1": "a scanned page with a little text over it",
    "F2": "note marks glued to words and numbers",
    "F3": "text outside the visible page",
    "F4": "pages of a Word file",
    "F5": "a Word file with another main part",
    "F6": "notes and inner documents",
    "F7": "parts of mail",
    "F9": "mailboxes",
    "F10": "saved web pages",
    "F11": "declared charsets",
    "F12": "HTML that is open, a fragment or UTF-16",
    "F13": "flat and other XML",
    "F14": "cells over several rows",
    "F15": "comments",
    "F16": "moved text and strict Word files",
    "F17": "hidden and deleted text, line ends",
    "F18": "form values and typewriter notes",
    "F19": "portfolios and XFA forms",
    "F20": "fonts that do not name their letters",
    "F21": "turned scans",
    "F22": "tables with text on both sides",
    "F23": "tables drawn sideways",
    "F24": "tables without rules",
    "F25": "hidden layers",
    "F26": "false flags",
    "F27": "dashes at line ends",
    "F28": "blanks after ligatures",
    "F29": "damaged headers",
}
CASES = [case for module in _MODULES for case in module.CASES]
