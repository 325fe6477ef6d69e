"""All settings of a process, read from environment variables ``DECALOGO_<SECTION>__<FIELD>``.

One module per section. This package imports no other module of decalogo except ``errors``, so every other package may
import it. Secrets are never values: a setting names the file that holds one.
"""

from decalogo.settings.api import ApiSettings, PremiumSettings, TierSettings
from decalogo.settings.audit import AuditSettings
from decalogo.settings.autoscale import AutoscaleSettings
from decalogo.settings.evaluation import EvaluationSettings, SyntheticSettings
from decalogo.settings.letterhead import LetterheadSettings
from decalogo.settings.observability import LogSettings, MetricsSettings
from decalogo.settings.process import Settings, get_settings, variable_names
from decalogo.settings.queue import QueueSettings
from decalogo.settings.redis import RedisSettings
from decalogo.settings.rendering import RenderingSettings
from decalogo.settings.storage import StorageSettings
from decalogo.settings.variables import PREFIX, check_variable_names
from decalogo.settings.webhooks import WebhookSettings

__all__ = [
    "PREFIX",
    "ApiSettings",
    "AuditSettings",
    "AutoscaleSettings",
    "EvaluationSettings",
    "LetterheadSettings",
    "LogSettings",
    "MetricsSettings",
    "PremiumSettings",
    "QueueSettings",
    "RedisSettings",
    "RenderingSettings",
    "Settings",
    "StorageSettings",
    "SyntheticSettings",
    "TierSettings",
    "WebhookSettings",
    "check_variable_names",
    "get_settings",
    "variable_names",
]
