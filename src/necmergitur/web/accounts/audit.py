"""One row per change to an account: tag `source:subject:action`, who, whom, when."""

from django.utils.translation import gettext_lazy as _

from necmergitur.web.accounts.models import AccountEvent, User

# Every tag, with its words for the history a person reads.
TAGS = {
    "account:link:created": _("Link made"),
    "account:link:opened": _("Link used"),
    "account:person:enrolled": _("Password set through a link"),
    "account:person:deactivated": _("Switched off"),
    "account:person:reactivated": _("Switched on"),
    "account:recovery:requested": _("New link asked for"),
    "account:recovery:approved": _("New link approved; old sign-in removed"),
    "account:role:granted": _("Role given"),
    "account:role:revoked": _("Role taken away"),
    "account:sign_in:refused": _("Sign-in refused: no second factor"),
}


def record(tag: str, *, subject: User, actor: User | None, **details: str | int | None) -> None:
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
