"""What teams hand in: a project of the chain, once, mended until the end; without a word that tells whose it is."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects

from necmergitur.innovation import editions, reviews
from necmergitur.innovation.editions import Act
from necmergitur.innovation.reviews import Author, Work
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.hackathon.models import Entry, Submission
from necmergitur.web.programme import making


def authors_of(entry: Entry) -> tuple[Author, ...]:
    """Return a team's people, as reviews compare them."""
    prefetch_related_objects([entry], "members__participant")  # asks nothing when they are there
    people = [one.participant for one in entry.members.all()]
    return tuple(Author(name=one.name, email=one.email, organisation=one.organisation) for one in people)


def work_of(submission: Submission) -> Work:
    """Return a submission with its people."""
    return Work(id=str(submission.pk), authors=authors_of(submission.entry))


@transaction.atomic
def hand_in(entry: Entry, now: datetime, said: dict[str, Any]) -> Submission | Refusal:
    """Hand in, or mend what was handed in."""
    held = Entry.objects.select_for_update(of=("self",)).select_related("edition", "team").get(pk=entry.pk)
    refused = editions.may(Act.SUBMIT, held.edition.dates, now)
    if refused is not None:
        return refused
    text, authors = f"{said['title']}\n{said['summary']}", authors_of(held)
    told = reviews.names_in(text, authors)
    told += [one for each in authors for one in reviews.company_in(text, each.organisation, each.email)]
    if told:
        return Refusal(rule="submission_not_blind", facts={"told": ", ".join(dict.fromkeys(told))})
    submission = Submission.objects.filter(entry=held).select_related("project").first()
    if submission is not None:
        for name, value in said.items():
            setattr(submission.project, name, value)
        submission.project.save()
        submission.at = now
        submission.save(update_fields=["at"])
        making.note(submission.project, "mended", None, now)
        return submission
    project = making.make(held.team, now, None, **said)
    if isinstance(project, Refusal):
        return project
    return Submission.objects.create(entry=held, project=project, at=now)
