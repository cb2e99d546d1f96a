"""How each table of plans is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="plans.LearnedProperty",
        personal=("samples",),
        keyed_by="nobody: values are not kept with whom they came from; traits and personal-looking values are masked",
        export="not exported: a value that could be tied to a person is masked before it is stored",
        erase="samples that hold an identifier of the person are emptied",
        retention="as long as the event name is seen; at most 20 values a property",
    ),
    Subject(
        model="plans.ViolationCount",
        personal=("sample_inbox_id",),
        keyed_by="the raw request it points to, which is blanked",
        export="not exported: a pointer to a raw request",
        erase="the request it points to is blanked",
        retention="90 days",
    ),
)
