"""What the outbox does: publish a topic, wake a consumer, work its deliveries, sweep what is long done."""

from cdp.outbox.services.delivering import drain_all, retry_deliveries, run_consumer
from cdp.outbox.services.publishing import publish
from cdp.outbox.services.sweeping import sweep_slice
from cdp.outbox.services.waking import clear_wake, wake

__all__ = ["clear_wake", "drain_all", "publish", "retry_deliveries", "run_consumer", "sweep_slice", "wake"]
