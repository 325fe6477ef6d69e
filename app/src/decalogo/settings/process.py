"""The complete settings of a process."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as SourceError

from decalogo.errors import SettingsError
from decalogo.settings.api import ApiSettings
from decalogo.settings.audit import AuditSettings
from decalogo.settings.autoscale import AutoscaleSettings
from decalogo.settings.evaluation import EvaluationSettings, SyntheticSettings
from decalogo.settings.letterhead import LetterheadSettings
from decalogo.settings.observability import LogSettings, MetricsSettings
from decalogo.settings.queue import QueueSettings
from decalogo.settings.redis import RedisSettings
from decalogo.settings.rendering import RenderingSettings
from decalogo.settings.storage import StorageSettings
from decalogo.settings.variables import PREFIX, check_variable_names, field_variables
from decalogo.settings.webhooks import WebhookSettings


class Settings(BaseSettings):
    """All settings of a process, one attribute per section."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    secrets_dir: Path = Field(Path("var/secrets"), description="Folder of the secret files made by `decalogo setup`.")
    redis: RedisSettings = RedisSettings()  # type: ignore[call-arg]
    storage: StorageSettings = StorageSettings()  # type: ignore[call-arg]
    queue: QueueSettings = QueueSettings()  # type: ignore[call-arg]
    api: ApiSettings = ApiSettings()  # type: ignore[call-arg]
    webhooks: WebhookSettings = WebhookSettings()  # type: ignore[call-arg]
    evaluation: EvaluationSettings = EvaluationSettings()  # type: ignore[call-arg]
    synthetic: SyntheticSettings = SyntheticSettings()  # type: ignore[call-arg]
    autoscale: AutoscaleSettings = AutoscaleSettings()  # type: ignore[call-arg]
    audit: AuditSettings = AuditSettings()  # type: ignore[call-arg]
    letterhead: LetterheadSettings = LetterheadSettings()  # type: ignore[call-arg]
    rendering: RenderingSettings = RenderingSettings()  # type: ignore[call-arg]
    metrics: MetricsSettings = MetricsSettings()  # type: ignore[call-arg]
    log: LogSettings = LogSettings()  # type: ignore[call-arg]


def variable_names() -> dict[str, str]:
    """Map every environment variable of this process to its description."""
    return field_variables(Settings)


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings of this process, read once from its environment.

    Raises:
        SettingsError: a ``DECALOGO_*`` variable is unknown or its value is invalid.
    """
    try:
        check_variable_names(os.environ, variable_names())
        return Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError(_first_problem(error)) from error
    except (SourceError, ValueError) as error:
        raise SettingsError(str(error)) from error


def _first_problem(error: ValidationError) -> str:
    """Return the first problem as one line that starts with the variable, and the number of further ones."""
    first, *others = error.errors()
    variable = PREFIX + "__".join(str(part) for part in first["loc"]).upper()
    more = f" ({len(others)} more invalid settings)" if others else ""
    reason = first["msg"].removeprefix("Value error, ")
    return f"invalid setting {variable}: {reason}{more}"
