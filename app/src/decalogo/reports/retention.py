"""When the appliance deletes what a report is about; known to the appliance, never part of a result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from decalogo.reports.words import Words


@dataclass(frozen=True)
class Retention:
    """Retention of a batch.

    Attributes:
        days: from the end of the batch to its deletion; 0 disables deletion.
        expires: Unix time of the deletion; 0 until the batch has finished, and if deletion is disabled.
    """

    days: float
    expires: float = 0.0

    def sentence(self, words: Words) -> str:
        """Return when the batch is deleted, in the language of the report."""
        if not self.days:
            return words["kept_for_ever"]
        if not self.expires:
            if self.days == 1:
                return words["kept_for_a_day"]
            return words.say("kept_after_batch", days=words.short(self.days))
        return words.say("kept_until", when=words.moment(datetime.fromtimestamp(int(self.expires), UTC)))
