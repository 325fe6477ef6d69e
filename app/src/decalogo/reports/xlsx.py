"""The XLSX report of one document: matrix, answers, recommendations, evidence, and what the result is."""

from __future__ import annotations

from decalogo.reports.answers import plain
from decalogo.reports.csv_tables import ANSWER_COLUMNS, answer_rows
from decalogo.reports.reviewed import Reviewed
from decalogo.reports.view import View
from decalogo.reports.workbook import Workbook


def report_xlsx(view: View) -> bytes:
    """Return the workbook."""
    words = view.labels.words
    book = Workbook(f"{view.called} – {words['report']}")
    _matrix(book, view)
    if view.reviewed:
        _review(book, view, view.reviewed)
    widths = (11, 6, 30, 6, 24, 6, 28, 8, 8, 36, 36, 6, 7, 60, 48, 16, 10, 22, 36, 36, 40, 20, 18, 24, 18, 60)
    sheet = book.sheet(words.sheet("answers"), widths)
    book.table(sheet, 0, [words.column(name) for name in ANSWER_COLUMNS], answer_rows(view))
    sheet.freeze_panes(1, 1)
    _recommendations(book, view)
    _evidence(book, view)
    _identity(book, view)
    return book.done()


def _matrix(book: Workbook, view: View) -> None:
    result, labels, words = view.result, view.labels, view.labels.words
    dimensions = result["dimensions"]
    sheet = book.sheet(words.sheet("matrix"), (6, 60, *(14 for _ in dimensions), 12, 16))
    whole = result["global"]
    book.cell(sheet, 0, 0, view.called, "title")
    told = words["not_applicable"] if whole["percent"] is None else f"{words.number(whole['percent'])} %"
    place = words[f"quarter_{whole['quartile']}"] if "quartile" in whole else whole["rating"]
    book.cell(sheet, 1, 0, f"{words['global']}: {told}{f' ({place})' if place else ''}", "plain")
    if view.partial:
        book.cell(sheet, 2, 0, view.partial, "plain")
    head = ["", words["point"], *(f"{d['id']} {d['title']}" for d in dimensions), words["all"], words["rating"]]
    for column, title in enumerate(head):
        book.cell(sheet, 3, column, title, "head")
    row, last = 4, len(head) - 1
    for row, point in enumerate(result["points"], 4):
        book.cell(sheet, row, 0, point["id"])
        book.cell(sheet, row, 1, point["title"])
        for column, dimension in enumerate(dimensions, 2):
            value = result["matrix"][point["id"]][dimension["id"]]
            book.percent(sheet, row, column, value, labels.heat(value))
        book.percent(sheet, row, last - 1, point["percent"], labels.heat(point["percent"]))
        book.cell(sheet, row, last, point["rating"] or words["not_applicable"])
    row += 1
    book.cell(sheet, row, 0, "", "bold")
    book.cell(sheet, row, 1, words["mean"], "bold")
    for column, dimension in enumerate(dimensions, 2):
        book.percent(sheet, row, column, dimension["percent"], labels.heat(dimension["percent"]))
    book.percent(sheet, row, last - 1, whole["percent"], labels.heat(whole["percent"]))
    book.cell(sheet, row, last, whole["rating"] or words["not_applicable"], "bold")
    for below, (least, name) in enumerate(reversed(labels.ratings), row + 2):
        text = f"{name} ({words.say('from_percent', percent=words.short(least))})"
        book.cell(sheet, below, 1, text, labels.heat(least))
    sheet.freeze_panes(4, 2)


def _review(book: Workbook, view: View, reviewed: Reviewed) -> None:
    """Write reviewed percentages next to the machine's, and the signature."""
    result, labels, words = view.result, view.labels, view.labels.words
    dimensions, said = result["dimensions"], reviewed.standing
    sheet = book.sheet(words.sheet("review"), (6, 60, *(14 for _ in dimensions), 12, 12))
    book.cell(sheet, 0, 0, f"{words['reviewed_result']}: {words.number(reviewed.percent)} % {reviewed.rating}", "title")
    book.cell(sheet, 1, 0, reviewed.summary, "plain")
    if reviewed.signature:
        for row, key in enumerate(("result_sha256", "reviews_sha256"), 2):
            name = words["sha_signed" if key == "result_sha256" else "sha_reviews"]
            book.cell(sheet, row, 0, f"{name}: {getattr(reviewed.signature, key)}", "plain")
    head = ["", words["point"], *(f"{d['id']} {d['title']}" for d in dimensions), words["reviewed"], words["machine"]]
    for column, title in enumerate(head):
        book.cell(sheet, 5, column, title, "head")
    rows = [
        (p["id"], p["title"], said["matrix"][p["id"]], said["points"][p["id"]], p["percent"]) for p in result["points"]
    ]
    rows.append(("", words["mean"], said["dimensions"], reviewed.percent, result["global"]["percent"]))
    for row, (name, title, cells, after, machine) in enumerate(rows, 6):
        book.cell(sheet, row, 0, name)
        book.cell(sheet, row, 1, title)
        values = [*(cells[dimension["id"]] for dimension in dimensions), after, machine]
        for column, value in enumerate(values, 2):
            book.percent(sheet, row, column, value, labels.heat(value))
    sheet.freeze_panes(6, 2)


def _recommendations(book: Workbook, view: View) -> None:
    words = view.labels.words
    sheet = book.sheet(words.sheet("recommendations"), (14, 34, 80, 40, 60, 12))
    head = [words["answer"], "", words["recommendation"], words["place"], words["example"], words["gain"]]
    rows = [
        (
            item.get("answer") or f"{', '.join(item['points'])} {item['question']}",
            item["title"],
            item["text"],
            view.place_of(item),
            plain((item.get("example") or {}).get("quote", "")),
            item["gain_percent"],
        )
        for item in view.result["recommendations"]
    ]
    book.table(sheet, 0, head, rows)
    sheet.freeze_panes(1, 0)


def _evidence(book: Workbook, view: View) -> None:
    words = view.labels.words
    sheet = book.sheet(words.sheet("evidence"), (11, 40, 8, 110))
    rows = (
        (answer.id, "; ".join(quote.elements), quote.page, quote.text)
        for answer in view.answers
        for quote in answer.quotes
    )
    book.table(sheet, 0, [words["answer"], words["element"], words["page"], words["quote"]], rows)
    sheet.freeze_panes(1, 1)


def _identity(book: Workbook, view: View) -> None:
    result, words = view.result, view.labels.words
    rubric, evaluator, document = result["rubric"], result["evaluator"], result["document"]
    sheet = book.sheet(words.sheet("identity"), (34, 100))
    rows = [
        (words["document"], view.called),
        (words["media_type"], document["media_type"]),
        (words["pages_word"], document["pages"]),
        (words["size"], f"{document['bytes']} {words['bytes']}"),
        (words["rubric"], f"{view.labels.title} ({rubric['id']}, {words['version']} {rubric['version']})"),
        (words["evaluator"], f"{evaluator['name']}, {words['version']} {evaluator['version']}"),
        (words["sha_document"], document["sha256"]),
        (words["sha_rubric"], rubric["sha256"]),
        (words["sha_result"], result["sha256"]),
        (words["schema"], result["schema_version"]),
        *([(words["retention"], view.kept)] if view.kept else []),
        *(("!", notice) for notice in view.notices),
        *((f"{words['flag']}: {code}", text) for code, text in view.flags),
    ]
    for row, (name, value) in enumerate(rows):
        book.cell(sheet, row, 0, name, "bold")
        book.cell(sheet, row, 1, value)
