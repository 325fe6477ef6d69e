"""Evaluator whose documents name a fault; real workers load it through a real entry point."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from decalogo.errors import DamagedDocumentError
from decalogo.evaluation import progress
from decalogo.evaluation.options import EvaluateOptions


def install(folder: Path) -> None:
    """Register the evaluator as ``faulty`` in ``folder``, which is on the search path."""
    info = folder / "faulty_evaluator-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty-evaluator\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[decalogo.evaluators]\nfaulty = {__name__}:FaultyEvaluator\n")


class Answer:
    def __init__(self, text: str, partial: bool = False) -> None:
        self.pages = (text,)
        self.partial = partial

    def to_json(self) -> bytes:
        return json.dumps({"text": self.pages[0], "pid": os.getpid()}).encode()


class FaultyEvaluator:
    """Understands ``ok``, ``sleep SECONDS``, ``damaged``, ``raise``, ``kill``, ``exit``, ``fork SECONDS``, ``pages N``,
    ``stuck``, ``memory MIB``, ``hoard MIB SIGNAL`` (which reports page 7) and ``burn STAGE PAGE`` (CPU time, without
    end).

    ``kill-once FILE`` and ``hang-once FILE`` do so only while FILE does not exist, and create it.
    """

    def evaluate(self, content: Path, rubric: Any, options: EvaluateOptions) -> Answer:
        text = content.read_text(encoding="utf-8")
        verb, _, rest = text.partition(" ")
        if verb == "sleep":
            time.sleep(float(rest.partition(" ")[0]))
        elif verb == "damaged":
            raise DamagedDocumentError("the test says so")
        elif verb == "raise":
            raise RuntimeError("an error nobody foresaw")
        elif verb == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif verb == "kill-once" and not Path(rest).exists():
            Path(rest).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        elif verb == "hang-once" and not Path(rest).exists():
            Path(rest).touch()
            time.sleep(60)
        elif verb == "pages":  # five per second, until `stop` returns true
            for page in range(1, int(rest) + 1):
                time.sleep(0.2)
                if options.stop():
                    return Answer(f"{page} of {rest}", partial=page < int(rest))
        elif verb == "exit":
            os._exit(0)
        elif verb == "fork":
            if os.fork() == 0:
                time.sleep(float(rest))
                os._exit(0)
        elif verb == "stuck":  # ignores the soft limit
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            time.sleep(600)
        elif verb == "memory":
            bytearray(int(rest) << 20)
        elif verb == "burn":
            stage, _, page = rest.partition(" ")
            progress.at(stage, int(page))
            while True:
                pass
        elif verb == "hoard":
            size, _, name = rest.partition(" ")
            progress.at("extract", 7)
            held = b"x" * (int(size) << 20)
            time.sleep(3)  # the parent samples the memory meanwhile
            os.kill(os.getpid(), signal.Signals[name])
            del held
        return Answer(text)
