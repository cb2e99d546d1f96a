"""Who listens to what: every consumer, its queue and its topics on one page.

The floor's outbox reads this through settings, so it never imports an app.
"""

from cdp.outbox.contracts import Consumer

CONSUMERS: tuple[Consumer, ...] = (
    # Row queues: each works its own due rows.
    Consumer("events.process", "ingest", "events.services.process_slice", every_s=2),
    Consumer("segments.evaluate", "segments", "segments.services.evaluate_slice", every_s=2),
    Consumer("segments.expire", "segments", "segments.services.expire_slice", every_s=30),
    Consumer("segments.audit", "default", "segments.services.auditing.audit_slice", every_s=600),
    Consumer("segments.files", "default", "segments.services.clean_slice", every_s=600),
    Consumer("automation.step", "mail", "automation.services.step_slice", every_s=5),
    Consumer("mailing.send", "mail", "mailing.services.send_slice", every_s=5),
    Consumer("campaigns.run", "mail", "campaigns.services.run_slice", every_s=5),
    Consumer("automation.turns", "default", "automation.services.triggers.turn_slice", every_s=30),
    Consumer("automation.browsing", "default", "automation.services.triggers.browse_slice", every_s=30),
    Consumer("notices.work", "mail", "notices.services.work_slice", every_s=5),
    Consumer("mailing.settle", "mail", "mailing.services.settling.settle_slice", every_s=10),
    Consumer("events.count_people", "default", "events.services.count_people_slice", every_s=60),
    Consumer("events.clean", "default", "events.services.clean_slice", every_s=600),
    Consumer("events.watch", "default", "events.services.watch_slice", every_s=60),
    Consumer("jobs.run", "ml", "cdp.jobs.services.run_slice", every_s=5),
    Consumer("imports.settle", "default", "imports.services.settle_slice", every_s=5),
    Consumer("plans.prune", "default", "plans.services.prune_slice", every_s=3600),
    Consumer("outbox.sweep", "default", "cdp.outbox.services.sweep_slice", every_s=600),
    Consumer("consent.seal", "default", "consent.services.sealing.seal_slice", every_s=60),
    Consumer("audiences.freshen", "segments", "audiences.services.touching.freshen_slice", every_s=5),
    Consumer("experiments.daily", "default", "experiments.services.results.daily_slice", every_s=600),
    Consumer("experiments.uplift", "default", "experiments.services.uplift_scores.daily_slice", every_s=600),
    Consumer("audiences.nightly", "default", "audiences.services.nightly.nightly_slice", every_s=60),
    Consumer("commerce.pull_due", "default", "commerce.services.feeds.pull_due_slice", every_s=30),
    Consumer("commerce.age_carts", "default", "commerce.services.age_slice", every_s=60),
    Consumer("recommendations.nightly", "ml", "recommendations.services.nightly_slice", every_s=3600),
    Consumer("recommendations.watch", "ml", "recommendations.services.watch_slice", every_s=3600),
    Consumer("lake.project", "default", "lake.services.project_slice", every_s=5),
    Consumer("lake.clean", "default", "lake.services.clean_slice", every_s=600),
    Consumer("privacy.work", "default", "privacy.services.working.work_slice", every_s=30),
    Consumer("privacy.letters", "mail", "privacy.services.letter_slice", every_s=5),
    Consumer("identity.watch", "default", "profiles.services.watching.watch_slice", every_s=60),
    Consumer("recipients.deliver", "mail", "recipients.services.deliver_slice", every_s=5),
    Consumer("decisions.bandits", "default", "decisions.services.bandits.fold_slice", every_s=60),
    Consumer("privacy.retain", "default", "privacy.services.retaining.nightly_slice", every_s=600),
    Consumer("offers.expire", "default", "offers.services.expiring.expire_slice", every_s=15),
    # Topic subscribers.
    Consumer(
        "notices.note",
        "mail",
        "notices.services.consume_events_stored",
        topics=("events.stored",),
    ),
    Consumer(
        "commerce.refold",
        "default",
        "commerce.services.consume_events_stored",
        topics=("events.stored",),
        batch=4,  # a stored batch holds up to 10,000 events, and all are folded in memory
        alone=True,  # batches of thousands meet in some person nearly always
    ),
    Consumer(
        "profiles.accounts",
        "default",
        "events.services.grouping.consume_events_stored",
        topics=("events.stored",),
        batch=20,
    ),
    # Apart from the refold: a merge is small and there are many, a stored batch is large.
    Consumer(
        "commerce.rejoin",
        "default",
        "commerce.services.consume_identity_changed",
        topics=("profile.merged", "profile.split"),
        batch=500,
    ),
    Consumer(
        "plans.learn",
        "default",
        "events.services.learning.consume_events_stored",
        topics=("events.stored",),
        alone=True,  # every batch holds the same few names
    ),
    # Events a rebuilding replay could not store again: what was folded of them goes.
    Consumer(
        "commerce.unfold",
        "default",
        "commerce.services.consume_events_removed",
        topics=("events.removed",),
    ),
    Consumer(
        "segments.mark",
        "segments",
        "segments.services.consume_changes",
        topics=(
            "events.stored",
            "order.changed",
            "consent.changed",
            "profile.merged",
            "profile.split",
            "profile.changed",
            "catalog.changed",
            "purposes.changed",
        ),
    ),
    # Whose computed values a live rule asks are computed anew; the others wait for the night.
    Consumer(
        "audiences.touch",
        "segments",
        "audiences.services.touching.consume_changes",
        topics=("events.stored", "order.changed", "profile.merged", "profile.split"),
    ),
    # What became of recommendations: events that name one, and orders that are due to one.
    Consumer(
        "recommendations.attribute",
        "default",
        "recommendations.services.attributing.consume_changes",
        topics=("events.stored", "order.changed", "recommendation.told"),
        alone=True,  # an order's credits are held against those it had
    ),
    # Orders reward what their buyers were shown before; one worker at a time holds an order against its rewards.
    Consumer(
        "decisions.reward",
        "default",
        "decisions.services.rewarding.consume_order_changed",
        topics=("order.changed",),
        alone=True,
    ),
    # Who refuses personalization is taken out of the log of decisions.
    Consumer(
        "decisions.forget",
        "default",
        "decisions.services.rewarding.consume_consent_changed",
        topics=("consent.changed",),
    ),
    Consumer(
        "privacy.confirm",
        "mail",
        "privacy.services.confirming.consume_pending",
        topics=("consent.pending",),
    ),
    Consumer(
        "automation.arm",
        "mail",
        "automation.services.consume_cart_changed",
        topics=("cart.changed", "events.stored", "profile.merged"),
    ),
    # Whoever waits for such an event is due at once.
    Consumer(
        "automation.hear",
        "mail",
        "automation.services.consume_events_stored",
        topics=("events.stored", "profile.merged"),
    ),
    Consumer(
        "automation.notify",
        "mail",
        "automation.services.consume_staff",
        topics=("journey.staff",),
    ),
    # What journeys did about a cart is a state of the cart.
    Consumer(
        "automation.tell_carts",
        "default",
        "automation.services.telling_carts.consume",
        topics=("message.finished", "journey.ended"),
    ),
    # Who confirmed a sign-up is told of as an event, so that a welcome can begin with it.
    Consumer(
        "automation.confirmed",
        "default",
        "automation.services.triggers.consume_confirmed",
        topics=("consent.changed",),
    ),
    # Lets people into journeys: each trigger once an occasion.
    Consumer(
        "automation.trigger",
        "default",
        "automation.services.triggers.consume",
        topics=(
            "events.stored",
            "order.changed",
            "segment.entered",
            "segment.left",
            "product.back_in_stock",
            "product.price_dropped",
        ),
    ),
    # Orders that name a code or a reservation redeem it; cancelled ones give it back.
    Consumer(
        "offers.orders",
        "default",
        "offers.services.orders.consume_orders",
        topics=("order.changed",),
    ),
    # Others are told by webhook; the gate is asked when each is sent (recipients.deliver).
    Consumer(
        "recipients.tell",
        "default",
        "recipients.services.consume_changes",
        topics=(
            "segment.entered",
            "segment.left",
            "order.changed",
            "consent.changed",
            "profile.merged",
            "profile.split",
            "message.finished",
            "journey.webhook",
        ),
        batch=200,
    ),
)

# Published for subscribers to come; no consumer of ours needs them.
PUBLIC_TOPICS: dict[str, str] = {
    "model.promoted": "a recommendation model went live",
    "journey.entered": "people came into a journey",
    "offer.redeemed": "offers were redeemed",
    "offer.released": "redemptions of offers were given back, or reservations expired",
    "offer.budget_low": "the budget of an offer is used to nine tenths",
    "experiment.stopped": "an experiment of staff ended, with a winner or without",
}

# Long work by kind: the dotted path of f(job: cdp.jobs.contracts.JobRun) -> dict (the result).
JOB_KINDS: dict[str, str] = {
    "audiences.discover": "audiences.services.discovery.discover_job",
    "audiences.traits": "audiences.services.traits.refresh_job",
    "audiences.rfm": "audiences.services.rfm.refresh_job",
    "automation.backtest": "automation.services.backtest.backtest_job",
    "catalog.feed": "commerce.services.feeds.run_job",
    "consent.verify_ledger": "consent.services.sealing.verify_job",
    "experiments.results": "experiments.services.results.results_job",
    "experiments.uplift": "experiments.services.uplift.run_job",
    "experiments.uplift_score": "experiments.services.uplift_scores.score_job",
    "identity.recompute": "profiles.services.ruling.recompute_job",
    "identity.simulate": "profiles.services.simulation_job.simulate_job",
    "imports.check": "imports.services.check_job",
    "imports.run": "imports.services.run_job",
    "lake.rebuild": "lake.services.rebuild_job",
    "lake.compact": "lake.services.compact_job",
    "lake.verify": "lake.services.verify_job",
    "decisions.judge": "decisions.services.judging.judge_job",
    "events.replay": "events.services.replay_job",
    "events.replay_items": "events.services.replay_items_job",
    "events.dismiss_items": "events.services.dismiss_items_job",
    "segments.fill_list": "segments.services.fill_job",
    "segments.export": "segments.services.export_job",
    "segments.audit": "segments.services.auditing.audit_job",
    "segments.recompute": "segments.services.recompute_job",
    "segments.recompute_all": "segments.services.recomputing_all.recompute_all_job",
    "offers.make_codes": "offers.services.codes.make_codes_job",
    "privacy.retention": "privacy.services.retaining.run_job",
    "recipients.present": "recipients.services.present_job",
    "recommendations.coverage": "recommendations.services.covering.cover_job",
    "recommendations.train": "recommendations.services.train_job",
}

# Who queues messages: the dotted path of a mailing.contracts.Sender by its key.
MAIL_SENDERS: dict[str, str] = {
    "journey": "automation.senders.JOURNEY",
    "notice": "notices.senders.Notices",
    "campaign": "campaigns.senders.CAMPAIGN",
}
