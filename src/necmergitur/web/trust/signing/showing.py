"""Terms, signatures and what became of them, as pages and lists show them."""

from datetime import datetime
from typing import Any

import msgspec
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from necmergitur.adapters import law, papers
from necmergitur.governance import signing, terms
from necmergitur.governance.proposals import Proposal
from necmergitur.governance.signing import Paper
from necmergitur.governance.terms import Terms, data_clause
from necmergitur.web.facts.models import Assessment, Authorisation, TermsProposal, Zone
from necmergitur.web.register.words import why_revoked
from necmergitur.web.trust.signing import words


def proposal_of(row: TermsProposal) -> Proposal:
    """Return a row as what it is."""
    return msgspec.convert({f: getattr(row, f) for f in Proposal.__struct_fields__}, Proposal, from_attributes=True)


def in_words(asked: Terms) -> list[tuple[str, str]]:
    """Return everything the terms say, each with its name, in the order a person reads."""
    language = get_language() or "fr"
    zones = dict(Zone.objects.filter(id__in=asked.zones).values_list("id", "label"))
    cited = {rule.id: rule.title.in_language(language) for rule in law.rules()}
    on = Assessment.objects.filter(id=asked.assessment_id).values_list("title", flat=True).first()
    lines = [
        (_("Name"), asked.label),
        (_("What is gathered"), str(words.MODALITIES.get(asked.modality, asked.modality))),
        (_("In which form"), asked.payload_schema),
        (_("By which sensor"), asked.stream),
        (_("What for"), str(words.PURPOSES.get(asked.purpose, asked.purpose))),
        (_("By which law or decision"), asked.legal_basis),
        (_("Rules it rests on"), _("; ").join(cited.get(name, name) for name in asked.law) or _("none named")),
        (_("Who answers for it"), asked.holder),
        (_("Who operates the sensor"), str(words.OPERATORS.get(asked.operator_class, asked.operator_class))),
        (_("Where"), ", ".join(f"{zones[name]} ({name})" if name in zones else name for name in asked.zones)),
        (_("From"), moment(asked.valid_from)),
        (_("Until"), moment(asked.valid_until)),
        (
            _("Kept"),
            ngettext("%(n)d day", "%(n)d days", asked.retention_days) % {"n": asked.retention_days},
        ),
        (
            _("At most"),
            ngettext(
                "%(rate)d reading a minute, of %(bytes)d bytes",
                "%(rate)d readings a minute, of %(bytes)d bytes",
                asked.rate_per_minute,
            )
            % {"rate": asked.rate_per_minute, "bytes": asked.bytes_max},
        ),
        (_("Who may read"), ", ".join(str(words.READERS.get(name, name)) for name in asked.readers)),
        (
            _("Impact assessment"),
            _("%(title)s, version %(version)d, digest %(digest)s")
            % {
                "title": on or asked.assessment_id,
                "version": asked.assessment_version,
                "digest": asked.assessment_digest,
            },
        ),
    ]
    trial = asked.experiment
    if trial is not None:
        lines += [
            (_("What the experiment is to find out"), trial.object),
            (_("Company"), trial.company),
            (_("How it is evaluated, and by whom"), trial.evaluation),
            (_("Figures it is judged by"), "\n".join(trial.metrics)),
            (_("How it may end"), ", ".join(str(words.EXITS.get(name, name)) for name in trial.exits)),
        ]
    clause = data_clause(asked)
    if clause is not None:
        said = _(
            "%(dataset)s: to public actors, the mean of each hour and zone, withheld when it tells of fewer than ten "
            "people, until %(until)s"
        )
        lines.append((_("Data it opens"), said % {"dataset": clause.dataset, "until": moment(clause.until)}))
    return lines


def moment(when: datetime) -> str:
    """Return an instant in the city's time, its offset said: what is signed is that instant."""
    local = timezone.localtime(when)
    return f"{date_format(local, 'j F Y, H:i')} ({local.strftime('UTC%z')})"


def signatures(paper: Paper) -> list[dict[str, Any]]:
    """Return each party whose signature is needed: who signed, when, with which key, and whether it holds."""
    verdicts = {one.signature.role: one for one in papers.verdicts(paper)}
    shown = []
    for role in signing.needed(paper.terms):
        found = verdicts.get(role)
        shown.append(
            {
                "role": role,
                "word": words.PARTIES[role],
                "signature": None if found is None else found.signature,
                "key": "" if found is None else found.fingerprint,
                "against": "" if found is None or found.against is None else words.explain(found.against),
            }
        )
    return shown


def digest(asked: Terms) -> str:
    """Return the digest in groups of eight: long, and still comparable by eye."""
    whole = terms.digest(asked).hex()
    return " ".join(whole[at : at + 8] for at in range(0, len(whole), 8))


def standing(proposal: Proposal | None, row: Authorisation | None, now: datetime) -> tuple[str, str]:
    """Return a state's colour and what became of terms, in words."""
    if row is not None:
        if row.revoked_at is not None:
            return "neutral", _("Revoked on %(when)s: %(why)s") % {
                "when": moment(row.revoked_at),
                "why": why_revoked(row.revoked_reason),
            }
        if row.suspended_at is not None:
            return "serious", _("Suspended since %(when)s: the device or its assessment changed") % {
                "when": moment(row.suspended_at)
            }
        if row.valid_until is not None and row.valid_until <= now:
            return "neutral", _("Over since %(when)s") % {"when": moment(row.valid_until)}
        return ("resolved", _("In force")) if row.valid_from <= now else ("ours", _("Granted, begins later"))
    if proposal is None:
        return "neutral", _("Unknown")
    if proposal.withdrawn_at is not None:
        return "neutral", _("Withdrawn: %(why)s") % {"why": proposal.withdrawn_reason or ""}
    if proposal.complete:
        return "attention", _("Signed by all, not open yet")
    left = ", ".join(str(words.PARTIES[role]) for role in signing.missing(proposal.paper))
    return "attention", _("Waits for the signature of: %(who)s") % {"who": left}
