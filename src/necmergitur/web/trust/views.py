"""The desk's first page, what waits for the officer; and the law, in plain words."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from necmergitur.adapters.law import rules
from necmergitur.governance.constants import BREACH_NOTIFY_WITHIN, DUE_SOON
from necmergitur.governance.law import Rule
from necmergitur.web.accounts.rules import require
from necmergitur.web.console.words import say
from necmergitur.web.facts.models import Assessment as InForce
from necmergitur.web.facts.models import BreakGlass
from necmergitur.web.store import CLOCK
from necmergitur.web.trust import keeping, pages, reasons, rights, study_views, waiting, words
from necmergitur.web.trust.models import Breach, Processing, Processor, Study

SHOWN_MAX = 50


@require(rights.may_read)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits, the gravest first: each with its deadline and the way to it."""
    now = CLOCK.now()
    soon = timezone.localdate(now) + timedelta(days=DUE_SOON.days)
    drafts = list(Study.objects.filter(state=Study.DRAFT).order_by("updated_at")[:SHOWN_MAX])
    stale = list(InForce.objects.exclude(stale_at=None).order_by("stale_at")[:SHOWN_MAX])
    begun = {row.assessment_id for row in drafts}
    context = {
        "stale": [{"row": row, "why": reasons.drift(row.stale_reason), "begun": row.id in begun} for row in stale],
        "breaches": clocks(now),
        "drafts": [{"row": row, "missing": len(study_views.gaps_of(row, keeping.writing_of(row)))} for row in drafts],
        "due": list(
            InForce.objects.filter(stale_at=None, review_by__lte=now + DUE_SOON).order_by("review_by")[:SHOWN_MAX]
        ),
        "contracts": [
            {"row": row, "over": row.contract_until < timezone.localdate(now)}
            for row in Processor.objects.filter(ended_at=None, contract_until__lte=soon).order_by("contract_until")[
                :SHOWN_MAX
            ]
        ],
        "requests": waiting.of_people(now),
        "dialogues": waiting.dialogues(now),
        "terms": waiting.terms(now),
        "glasses": BreakGlass.objects.exclude(confirmed_at=None).filter(reviewed_at=None).count(),
        "counts": {
            "processing": Processing.objects.filter(ended_at=None).count(),
            "in_force": InForce.objects.filter(stale_at=None, review_by__gt=now).count(),
            "processors": Processor.objects.filter(ended_at=None).count(),
        },
    }
    context["nothing"] = not any(
        context[name]
        for name in ("stale", "breaches", "requests", "drafts", "dialogues", "terms", "due", "contracts", "glasses")
    )
    return pages.show(request, "home.html", context, tab="home")


def clocks(now: datetime) -> list[dict[str, Any]]:
    """Return the breaches that nobody told CNIL of yet, nor said why not, each with its clock."""
    rows = Breach.objects.filter(notified_at=None, not_notified_why="", closed_at=None).order_by("discovered_at")
    return [clock(row, now) for row in rows[:SHOWN_MAX]]


def clock(row: Breach, now: datetime) -> dict[str, Any]:
    """Return a breach with its 72 hours: until when, what is left of them, whether they are over."""
    until = row.discovered_at + BREACH_NOTIFY_WITHIN
    waits = row.notified_at is None and not row.not_notified_why
    late = (now if waits else row.notified_at or until) > until
    left = max(timedelta(0), until - now)
    return {
        "row": row,
        "until": until,
        "waits": waits,
        "overdue": waits and late,
        "was_late": row.notified_at is not None and late,
        "hours_left": int(left.total_seconds() // 3600),
        "hours_over": int(max(timedelta(0), now - until).total_seconds() // 3600),
        "risk": words.RISKS_OF_BREACH.get(row.risk, row.risk),
    }


@require(rights.may_read)
@never_cache
@require_safe
def law(request: HttpRequest) -> HttpResponse:
    """The rules this city's machine obeys, in plain words, with their source and dates."""
    now, language = CLOCK.now(), get_language() or "en"
    ordered = sorted(rules(), key=lambda one: (not one.in_force(now), one.starts))
    told = [_rule_in_words(rule, now, language) for rule in ordered]
    return pages.show(request, "law.html", {"rules": told}, tab="law")


def _rule_in_words(rule: Rule, now: datetime, language: str) -> dict[str, Any]:
    return {
        "rule": rule,
        "in_force": rule.in_force(now),
        "title": rule.title.in_language(language),
        "says": rule.says.in_language(language),
        "owes": [each.in_language(language) for each in rule.owes],
        "of": ", ".join(say(words.SENSED, one) for one in rule.modalities),
        "purposes": ", ".join(say(words.PURPOSE_WORDS, one) for one in rule.purposes),
        "bases": ", ".join(say(words.LEGAL_BASES, one) for one in rule.legal_bases),
        "operators": ", ".join(say(words.OPERATORS, one) for one in rule.operator_classes),
        "days": rule.retention_hours_max // 24 if rule.retention_hours_max else None,
        "years": rule.journal_days // 365 if rule.journal_days else None,
    }
