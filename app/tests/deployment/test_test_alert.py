"""`alerts test` reports what happened at each receiver, not at the first one."""

from __future__ import annotations

import pytest

from tests.deployment.checkout import Checkout

METRICS = """alertmanager_notifications_total{{integration="email"}} 9
alertmanager_notification_requests_total{{integration="email"}} {email}
alertmanager_notification_requests_failed_total{{integration="email"}} {failed}
alertmanager_notification_requests_total{{integration="webhook"}} {webhook}
alertmanager_notification_requests_failed_total{{integration="webhook"}} 0
"""
# `amtool alert add` changes what Alertmanager has delivered.
STACK = (
    "need_running_stack() { :; }; alerts_have_a_receiver() { :; }; alert_receivers() { echo email; echo webhook; }; "
    "alertmanager_tool() { cp after metrics; }; compose() { cat metrics; }; "
)


@pytest.mark.parametrize(
    ("after", "status", "message"),
    [
        ({"email": 3, "failed": 1, "webhook": 6}, 0, "Delivered by email."),
        ({"email": 3, "failed": 2, "webhook": 6}, 1, "could not be delivered by email"),
    ],
)
def test_each_receiver_must_get_the_alert(checkout: Checkout, after: dict[str, int], status: int, message: str) -> None:
    (checkout.folder / "metrics").write_text(METRICS.format(email=2, failed=1, webhook=5))
    (checkout.folder / "after").write_text(METRICS.format(**after))
    done = checkout.run(STACK + "send_test_alert")
    assert done.returncode == status, done.stderr
    assert message in done.stderr


def test_what_alertmanager_has_not_tried_yet_is_waited_for(checkout: Checkout) -> None:
    (checkout.folder / "metrics").write_text(METRICS.format(email=2, failed=0, webhook=5))
    (checkout.folder / "after").write_text(METRICS.format(email=2, failed=0, webhook=6))
    (checkout.folder / "later").write_text(METRICS.format(email=3, failed=0, webhook=6))
    done = checkout.run(STACK + "sleep() { cp later metrics; }; send_test_alert")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Delivered by") == 2
