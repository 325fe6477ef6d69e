from __future__ import annotations

from pathlib import Path

import orjson
from typer.testing import CliRunner

from decalogo.cli.main import app

TEXT = "En 2019 hubo 1.250 casos de violencia contra las mujeres, según el DANE.\n"


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["evaluate", *words])
    return done.exit_code, done.stdout, done.stderr


def test_a_file_is_judged_and_summed_up(tmp_path: Path) -> None:
    plan, result, pages = tmp_path / "plan.txt", tmp_path / "r.json", tmp_path / "pages.txt"
    plan.write_text(TEXT, encoding="utf-8")
    code, out, _ = run(str(plan), "--json", str(result), "--pages", str(pages), "--not-applicable", "P9=sin cárcel")
    assert code == 0
    assert "Global:" in out
    assert "P9 not applicable: sin cárcel" in out
    kept = orjson.loads(result.read_bytes())
    texts = pages.read_text(encoding="utf-8").split("\f")
    proofs = [item for answer in kept["answers"] for item in answer["evidence"]]
    assert proofs
    assert all(texts[p["page"] - 1][p["start"] : p["end"]] == p["quote"] for p in proofs)


def test_json_on_standard_output_stands_alone(tmp_path: Path) -> None:
    plan = tmp_path / "plan.txt"
    plan.write_text(TEXT, encoding="utf-8")
    code, out, _ = run(str(plan), "--json", "-")
    assert code == 0
    assert len(orjson.loads(out)["answers"]) == 300


def test_errors_are_one_clear_line(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    plan = tmp_path / "plan.txt"
    plan.write_text(TEXT, encoding="utf-8")
    for words, expected in [
        ([str(tmp_path / "none.pdf")], "No such file"),
        ([str(empty)], "empty"),
        ([str(plan), "--rubric", "nothing"], "unknown rubric"),
        ([str(plan), "--not-applicable", "P9"], "POINT=REASON"),
        ([str(plan), "--not-applicable", "P99=no"], "P99"),
        ([str(plan), "--json", str(tmp_path / "no" / "r.json")], "No such file"),
    ]:
        code, out, err = run(*words)
        assert (code, out) == (1, ""), words
        assert expected in err, words
        assert len(err.strip().splitlines()) == 1, words
