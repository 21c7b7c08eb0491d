"""Letters of hackathons: what each says, and whom to remind before something ends."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from necmergitur.web.hackathon.models import Edition, Entry, Helper, Participant
from necmergitur.web.letters import finding, sending
from necmergitur.web.letters.constants import HAND_IN_BEFORE, MARKS_BEFORE
from necmergitur.web.letters.sending import Note


def tell_team(entry: Entry, members: Iterable[Participant], now: datetime) -> None:
    """Tell people which table is theirs."""
    people = [(f"{entry.pk}:{one.pk}", one.email, one.language, ["participant", str(one.pk)]) for one in members]
    sending.tell_many("team", people, now)


def tell_certificates(edition: Edition, now: datetime) -> None:
    """Tell whoever was there that results and certificates are ready."""
    there = edition.participants.filter(counts=True, checked_in_at__isnull=False)
    people = [(str(one.pk), one.email, one.language, ["participant", str(one.pk)]) for one in there]
    sending.tell_many("certificate", people, now)


def remind(now: datetime) -> None:
    """Remind teams that handed nothing in, and jurors who have not marked everything, once before the end."""
    for edition in Edition.objects.filter(review_at__gt=now, review_at__lte=now + HAND_IN_BEFORE):
        late = Participant.objects.filter(member__entry__edition=edition, member__entry__submission=None)
        until = edition.review_at
        people = [
            (f"{one.pk}:{until:%Y%m%d%H%M}", one.email, one.language, ["participant", str(one.pk)]) for one in late
        ]
        sending.tell_many("hand_in", people, now, until)
    for edition in Edition.objects.filter(results_at__gt=now, results_at__lte=now + MARKS_BEFORE):
        jurors = Helper.objects.filter(edition=edition, reviews__done_at=None, reviews__isnull=False).distinct()
        until = edition.results_at
        people = [(f"{one.pk}:{until:%Y%m%d%H%M}", one.email, one.language, ["helper", str(one.pk)]) for one in jurors]
        sending.tell_many("marks", people, now, until)


def _page(about: Any) -> Any:
    return finding.page_of(*about)


def _note(subject: str, text: str) -> Callable[[Any], Note | None]:
    """Return what writes a letter of one sentence and the reader's own address. Texts are marked where they stand."""

    def write(about: Any) -> Note | None:
        page = _page(about)
        if page is None:
            return None
        return Note(page.email, f"{page.title}: {_(subject)}", f"{_(text)}\n\n{page.address}")

    return write


KINDS: dict[str, Callable[[Any], Note | None]] = {
    "registered": _note(
        gettext_noop("you are registered"),
        gettext_noop(
            "You are registered. This address is your page, and your only key: keep it to yourself. There you find your"
            " code for the door, your team, and erase all you said."
        ),
    ),
    "team": _note(
        gettext_noop("your team"), gettext_noop("Your team has formed: your page says which table and who is in it.")
    ),
    "invited": _note(
        gettext_noop("your private page"),
        gettext_noop("You are asked to help, as a juror or a mentor. This address is your page: keep it to yourself."),
    ),
    "certificate": _note(
        gettext_noop("results and certificate"),
        gettext_noop("The results are published, and your certificate is ready on your page."),
    ),
    "hand_in": _note(
        gettext_noop("handing in ends soon"),
        gettext_noop("Your team has handed nothing in yet. Two hours at most are left; you do it on your page."),
    ),
    "marks": _note(
        gettext_noop("works wait for your marks"),
        gettext_noop("Works you were asked to read have no marks yet, and the time for it ends within hours."),
    ),
}
