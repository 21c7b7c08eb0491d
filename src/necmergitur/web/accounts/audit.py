"""One row per change to an account: tag `source:subject:action`, who, whom, when."""

from necmergitur.web.accounts.models import AccountEvent, User

TAGS = frozenset(
    {
        "account:link:created",
        "account:link:opened",
        "account:person:enrolled",
        "account:person:deactivated",
        "account:person:reactivated",
        "account:recovery:requested",
        "account:recovery:approved",
        "account:role:granted",
        "account:role:revoked",
        "account:sign_in:refused",
    }
)


def record(
    tag: str, *, subject: User, actor: User | None, **details: str | int | None
) -> None:
    """Append what happened to `subject`. `actor` None is the server's own shell. Raises ValueError on an unknown tag.

    Call it in the transaction of the change itself, so that neither exists without the other.
    """
    if tag not in TAGS:
        raise ValueError(f"unknown audit tag: {tag}")
    AccountEvent.objects.create(
        tag=tag,
        subject_id=subject.pk,
        actor_id=actor.pk if actor else None,
        details=details,
    )
