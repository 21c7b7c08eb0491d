"""Why something is refused at the trust desk, one sentence each, in words a layperson understands."""

from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from necmergitur.adapters.law import rules
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.console import refusals
from necmergitur.web.console.words import PURPOSES, say
from necmergitur.web.trust import words

SENTENCES: dict[str, Any] = {
    "name_missing": gettext_lazy("Give it a name."),
    "purpose_missing": gettext_lazy("Say what it is for."),
    "objective_missing": gettext_lazy("Say in plain words what it must achieve."),
    "legal_basis_missing": gettext_lazy(
        "No legal basis is given: a city gathers nothing about people unless a law gives it that task."
    ),
    "legal_basis_not_lawful": gettext_lazy(
        "A city cannot rest on this: nobody consents by walking down a street, "
        "and its tasks come from the law, not from its interests."
    ),
    "controller_missing": gettext_lazy("Say who answers for it."),
    "people_missing": gettext_lazy("Say about whom data are gathered."),
    "data_missing": gettext_lazy("Say what is gathered."),
    "security_technical_missing": gettext_lazy("Say how the data are protected."),
    "retention_days_missing": gettext_lazy("Say after how many days the data are erased."),
    "retention_days_out_of_range": gettext_lazy(
        "Data are kept for three years at most: then nobody knows any more why."
    ),
    "ends_before_start": gettext_lazy("It ends before it starts."),
    "law_not_named": gettext_lazy("This kind of sensor is lawful only under a law that must be named here."),
    "law_unknown": gettext_lazy("This law is not among the rules known here."),
    "law_ends_first": gettext_lazy("The law it rests on ends before it does."),
    "title_missing": gettext_lazy("Give the assessment a title."),
    "answer_missing": gettext_lazy("This question has no answer."),
    "measures_missing": gettext_lazy("No measure protects people yet: describe at least one."),
    "evaluation_missing": gettext_lazy("This was not judged yet."),
    "evaluation_not_acceptable": gettext_lazy("This was judged not acceptable: change it, then judge it again."),
    "plan_missing": gettext_lazy("This can be improved: say how, by whom and by when."),
    "risk_left_missing": gettext_lazy("Say how severe and how likely it still is once the measures are in place."),
    "risk_left_high": gettext_lazy(
        "The risk that is left is high: CNIL must be consulted first (GDPR article 36); it is not signed."
    ),
    "opinion_missing": gettext_lazy("The data protection officer's opinion is missing."),
    "opinion_unfavourable": gettext_lazy("The opinion is unfavourable: refuse this version, with the reason."),
    "people_opinion_missing": gettext_lazy("Write down what the people concerned think, or why they were not asked."),
    "people_reason_missing": gettext_lazy("Say why the people concerned were not asked."),
    "review_by_missing": gettext_lazy("Say by when it will be looked at again."),
    "review_by_out_of_range": gettext_lazy("It is looked at again in the future, within three years."),
    "dialogue_missing": gettext_lazy("The people concerned were not asked yet: open a dialogue."),
    "dialogue_open": gettext_lazy("The dialogue with the people concerned is still open."),
    "dialogue_unanswered": gettext_lazy("The city owes an answer to what people agreed on."),
    "version_not_new": gettext_lazy("This version is in force already."),
    "covers_nothing": gettext_lazy("Say which stream and which zones it is about."),
    "reason_missing": gettext_lazy("Say why."),
    "confirmation_missing": gettext_lazy("Tick the box that says you know what stops."),
    "assessment_stale": gettext_lazy("It no longer holds already: what rested on it is suspended."),
    "assessment_missing": gettext_lazy("It was never signed: nothing rests on it."),
    "dialogue_running": gettext_lazy("A dialogue on this is already open."),
    "already_closed": gettext_lazy("This version is signed or refused: it changes no more. Write a new one."),
    "pia_unreadable": gettext_lazy("This is not a file of CNIL's PIA software."),
    "pia_too_large": gettext_lazy("This file is too large: export the assessment without its attachments."),
    "notified_before_discovered": gettext_lazy("Nobody can be told before it was discovered."),
    "notified_late_why_missing": gettext_lazy("CNIL was told after 72 hours: the law wants the reason."),
    "not_notified_why_missing": gettext_lazy("CNIL is told unless no risk is likely: say why it was not."),
    "people_not_told_why_missing": gettext_lazy("At a high risk the people concerned are told: say why they were not."),
}


def sentence(refusal: Refusal) -> str:
    """Return a refusal as one sentence in the reader's language."""
    facts = refusal.facts
    if refusal.rule in {"purpose_not_lawful", "law_purpose"}:
        return _purpose(refusal)
    by_law = _by_law(refusal)
    if by_law:
        return by_law
    if refusal.rule == "ends_too_late":
        return _("“%(year)s” is too far away: for three years at most, then people decide again.") % {
            "year": facts["said"][:4]
        }
    if refusal.rule == "fact_missing":
        return _("This fact is missing: %(what)s.") % {"what": str(words.FACTS[facts["field"]]).lower()}
    known = SENTENCES.get(refusal.rule)
    if known is None and refusal.rule.endswith("_too_long"):
        return _("This text is too long.")
    return str(known) if known else refusals.sentence(refusal)


def _by_law(refusal: Refusal) -> str:
    """Return what one rule of law has against it, "" when none does."""
    rule = next((one for one in rules() if one.id == refusal.facts.get("law")), None)
    if rule is None:
        return ""
    language = get_language() or "en"
    told = {
        "law": rule.title.in_language(language),
        "why": rule.says.in_language(language).rstrip("."),
        "days": refusal.facts.get("days", ""),
        "starts": date_format(rule.starts, "DATE_FORMAT"),
        "ended": date_format(rule.ends, "DATE_FORMAT") if rule.ends else "",
    }
    form = {
        "law_forbids": _("Forbidden: %(why)s (%(law)s)."),
        "data_forbidden": _("Forbidden: %(why)s (%(law)s)."),
        "law_ended": _("%(law)s ended on %(ended)s: nothing new may rest on it."),
        "law_not_yet": _("%(law)s is not in force before %(starts)s."),
        "law_retention": _("%(law)s lets these data be kept for %(days)s days at most."),
        "law_operator": _("%(law)s does not list this class of operator."),
    }.get(refusal.rule)
    return form % told if form else ""


def _purpose(refusal: Refusal) -> str:
    said = refusal.facts.get("said") or refusal.facts.get("purpose", "")
    lawful = refusal.facts.get("purposes", "").split()
    told = {"said": say(PURPOSES, said) if said in PURPOSES else said, "purposes": ""}
    if not lawful:
        return _("“%(said)s” is not among the purposes the law lists for this.") % told
    told["purposes"] = ", ".join(say(PURPOSES, name).lower() for name in lawful)
    return _("“%(said)s” is no reason to gather data about people: a city may do so only for %(purposes)s.") % told


# Why a stream stopped although its assessment itself did not go stale.
RESTS_ON_NOTHING: dict[str, Any] = {
    "assessment_missing": gettext_lazy("No signed assessment stands behind it any more."),
    "assessment_stale": gettext_lazy("The assessment it rests on no longer holds."),
    "assessment_other_version": gettext_lazy("The assessment was written anew: the paper must be signed again."),
    "beyond_assessment": gettext_lazy("The paper allows more than what was assessed."),
}


def drift(reason: str | None) -> str:
    """Return what an assessment, or a stream under it, was left behind by (`rule key=value …`), in words."""
    rule, _space, rest = (reason or "").partition(" ")
    if rule == "withdrawn":
        return _("Withdrawn by a person: %(why)s") % {"why": rest.partition(" ")[2]}
    facts = dict(part.partition("=")[::2] for part in rest.split() if "=" in part)
    told = {"before": facts.get("assessed", ""), "now": facts.get("now", "")}
    if rule == "drift_rate":
        sent = int(told["now"]) if told["now"].isdecimal() else 0
        return (
            ngettext(
                "The device now sends %(now)s reading a minute; the assessment was of %(before)s.",
                "The device now sends %(now)s readings a minute; the assessment was of %(before)s.",
                sent,
            )
            % told
        )
    said = {
        "drift_zone": _("The device now stands in zone %(now)s; %(before)s was assessed."),
        "drift_schema": _("The device now sends readings of another form: %(now)s; %(before)s was assessed."),
        "drift_firmware": _("The device now runs firmware %(now)s; %(before)s was assessed."),
    }.get(rule)
    return said % told if said is not None else str(RESTS_ON_NOTHING.get(rule, _("What it rests on no longer holds.")))
