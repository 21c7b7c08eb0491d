"""What parties sign, and why something was refused, in words a layperson reads."""

from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from necmergitur.adapters import law
from necmergitur.governance.terms import PUBLIC_ACTOR
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.roles import Role
from necmergitur.web.trust import reasons, words

PARTIES: dict[str, Any] = {
    "territory": _("the territory (the city)"),
    "company": _("the company"),
    "state": _("the State (the prefect)"),
}
PURPOSES: dict[str, Any] = {
    "crowd_safety": _("Safety of crowds"),
    "emergency_response": _("Response to calls for help"),
    "maintenance": _("Maintenance"),
    "training": _("Training"),
}
MODALITIES: dict[str, Any] = {
    "crowd_count": _("Number of people in a zone, once a minute; no picture, no sound"),
    "advice": _("Advice of a solution on trial: a level from 0 to 3 for a zone; no picture, no sound, no word"),
    "drone_camera": _("Pictures from a drone, on scene, for a call for help; no sound"),
}
READERS: dict[str, Any] = {
    "public": _("Everybody (the public)"),
    PUBLIC_ACTOR: _("Public actors, by the data clause: means of an hour, of ten people or more"),
    **{role.value: role.label for role in Role if role is not Role.ADMINISTRATOR},
}
OPERATORS: dict[str, Any] = {
    "municipal": _("The city's own services"),
    "state": _("Services of the State"),
    "company": _("A company, on the city's behalf"),
    "research": _("A research body"),
    **{name: one for name, one in words.OPERATORS.items() if name != "municipal"},
}
EXITS: dict[str, Any] = {
    "stop": _("stop"),
    "extend": _("extend"),
    "adopt": _("adopt"),
    "open": _("open to others"),
}
# Fields of terms, as refusals name them.
FIELDS: dict[str, Any] = {
    "stream": _("sensor"),
    "modality": _("kind of data"),
    "payload_schema": _("form of the data"),
    "purpose": _("purpose"),
    "zones": _("zones"),
    "rate_per_minute": _("readings a minute"),
    "retention_days": _("days kept"),
}
RULES: dict[str, Any] = {
    "label_missing": _("Give it a name that people will recognise."),
    "label_too_long": _("This name is too long: at most 200 characters."),
    "stream_missing": _("Say which sensor."),
    "modality_missing": _("Say what kind of data it gathers."),
    "payload_schema_missing": _("Say in which form the data comes."),
    "legal_basis_missing": _("Say by which law: without one, nothing may be gathered."),
    "legal_basis_too_long": _("This is too long: at most 200 characters."),
    "holder_missing": _("Say who answers for it."),
    "holder_too_long": _("This is too long: at most 200 characters."),
    "operator_class_missing": _("Say what kind of body operates the sensor."),
    "purpose_not_lawful": _(
        "This is no purpose for which a city may gather data about people. The law asks for a specific, useful and "
        "legitimate aim (GDPR, article 5): choose one of the list."
    ),
    "experiment_object_missing": _("Say what the experiment is to find out."),
    "experiment_object_too_long": _("This is too long: at most 4,000 characters."),
    "experiment_company_missing": _("Say which company takes part."),
    "experiment_company_too_long": _("This is too long: at most 4,000 characters."),
    "experiment_evaluation_missing": _("Say how it will be evaluated, and by whom."),
    "experiment_evaluation_too_long": _("This is too long: at most 4,000 characters."),
    "experiment_metrics_missing": _("Say by which figures it will be judged. They cannot change afterwards."),
    "valid_until_before_start": _("It ends before it starts."),
    "valid_until_past": _("This date is past: it would already be over."),
    "window_too_long": _("This is too long. At most %(days)s days at a time: after that, people decide again."),
    "zones_empty": _("Choose the zones: nowhere is everywhere."),
    "data_dataset_missing": _("Say what the dataset is, as its readers will find it."),
    "data_dataset_too_long": _("This name is too long: at most 200 characters."),
    "data_until_beyond": _("Data are open within the experiment: after it begins, until it ends at most."),
    "data_reader_missing": _("Who reads under the data clause must be among the readers."),
    "form_unknown": _("These terms are of a form that does not fit what they say."),
    "data_not_open": _("No data clause in force opens this."),
    "readers_missing": _("Say who may read what is gathered."),
    "retention_negative": _("Days kept cannot be negative."),
    "retention_too_long": _("This is too long: data about people is not kept for years without being looked at again."),
    "rate_missing": _("Say how many readings a minute at most."),
    "bytes_missing": _("Say how large one reading may be."),
    "assessment_missing": _("No signed impact assessment stands behind this: one is needed first."),
    "assessment_stale": _("The impact assessment no longer holds: %(why)s. It must be looked at and signed again."),
    "assessment_other_version": _("The impact assessment has a newer version: begin again from that one."),
    "beyond_assessment": _("This goes beyond what the impact assessment looked at: %(fields)s."),
    "review_first": _("The impact assessment is looked at again before this ends: choose an earlier end."),
    "already_proposed": _("These terms were already proposed."),
    "not_suspended": _("It is not suspended: there is nothing to open again."),
    "already_granted": _("This is already in force: revoke it instead."),
    "proposal_missing": _("These terms do not exist."),
    "proposal_withdrawn": _("These terms were withdrawn: nothing may be signed."),
    "signature_not_needed": _("This party has already signed, or its signature is not needed."),
    "signature_party_unknown": _("This passkey is not one enrolled for this party."),
    "signature_party_retired": _("This key was retired: it signs nothing more."),
    "signature_forged": _("The signature does not match the key: it is not this party's."),
    "signature_of_other_terms": _("This signature was made under other terms."),
    "signature_of_another_kind": _("This is not a signature: the passkey answered another question."),
    "signature_from_elsewhere": _("This signature was made on another site."),
    "signature_nobody_present": _("Nobody touched the passkey."),
    "signature_unverified_person": _("The passkey did not check who holds it (fingerprint, face or PIN)."),
    "signature_unreadable": _("The passkey's answer could not be read. Try again."),
    "signatures_missing": _("Signatures are still missing: %(roles)s."),
    "passkey_of_other_terms": _("This passkey was made for another invitation."),
    "passkey_of_another_kind": _("The passkey answered another question. Try again."),
    "passkey_from_elsewhere": _("This passkey was made on another site."),
    "passkey_nobody_present": _("Nobody touched the passkey."),
    "passkey_unverified_person": _(
        "The passkey did not check who holds it: it needs a fingerprint, a face or a PIN. Set one, then try again."
    ),
    "passkey_algorithm_unknown": _("This kind of passkey cannot be used here. Try another device."),
    "passkey_unreadable": _("The passkey's answer could not be read. Try again."),
    "party_key_known": _("This key already signs for somebody."),
    "party_name_missing": _("Say who signs."),
    "party_unknown": _("This party does not exist."),
    "party_retired": _("This key is already retired."),
    "reason_missing": _("Say why."),
    "reason_too_long": _("This text is too long."),
    "link_not_usable": _("This link was used, or is older than 48 hours. Ask for a new one."),
    "trial_source_busy": _(
        "Another trial listens to this key of the vendor, until %(until)s at the latest. One ends before the other"
        " begins."
    ),
    "dialogue_missing": _("No dialogue with the people was held on this experiment: open one first."),
    "dialogue_open": _("The dialogue with the people is still open. Nothing is signed before it is over."),
    "dialogue_unanswered": _(
        "The city still owes its people written answers: nothing is signed before they are given."
    ),
    "dialogue_question_missing": _("Say what the people are asked."),
    "dialogue_question_too_long": _("This text is too long."),
    "dialogue_running": _("A dialogue on this is already open."),
    "law_forbids": _("The law forbids this."),
    "law_not_named": _("This kind of sensor is lawful only under a rule that must be named."),
    "law_retention": _("The law allows at most %(days)s days."),
    "law_purpose": _("The law does not list this purpose."),
    "law_operator": _("The law does not list this kind of operator."),
    "law_unknown": _("We do not know this law."),
    "law_ends_first": _("The law ends before these terms do."),
    "law_not_yet": _("This law is not in force yet."),
    "law_ended": _("This law has ended: nothing new may rest on it."),
    "unreachable": _("The database does not answer: nothing was recorded. Try again."),
    "too_late": _("Somebody else changed this at the same moment. Read again, then try again."),
    "malformed": _("This form was not filled in as expected. Reload the page and try again."),
}

# What a form leaves open that terms cannot.
LEFT_OPEN: dict[str, Any] = {
    "valid_from": _("Say when it begins."),
    "valid_until": _("Say when it ends: nothing is authorised for ever."),
    "retention_days": _("Say for how many days what is gathered is kept."),
}


def explain(refusal: Refusal) -> str:
    """Return a refusal in the reader's language, with the law's own words where it is the law's."""
    known = RULES.get(refusal.rule)
    if known is None:
        return refusal.detail or refusal.rule.replace("_", " ")
    facts = {
        "days": refusal.facts.get("days", ""),
        "why": _left_behind(refusal.detail) if refusal.rule == "assessment_stale" else refusal.detail or "",
        "fields": _listed(FIELDS, refusal.facts.get("fields", "")),
        "roles": _listed(PARTIES, refusal.facts.get("roles", "")),
        "until": refusal.until and date_format(localtime(refusal.until), "SHORT_DATETIME_FORMAT"),
    }
    said = str(known) % facts if "%(" in str(known) else str(known)
    cited = next((rule for rule in law.rules() if rule.id == refusal.facts.get("law")), None)
    if cited is None:
        return said
    language = get_language() or "fr"
    return f"{said} {cited.title.in_language(language)}. {cited.says.in_language(language)}"


def _left_behind(reason: str) -> str:
    return reasons.drift(reason).rstrip(".") if reason else str(_("its review is overdue"))


def _listed(words: dict[str, Any], names: str) -> str:
    return ", ".join(str(words.get(name, name)) for name in names.split())


# Which field of the form a refusal stands beside.
FIELD_OF = {
    "purpose_not_lawful": "purpose",
    "law_purpose": "purpose",
    "law_operator": "operator_class",
    "law_retention": "retention_days",
    "law_unknown": "law",
    "law_ends_first": "valid_until",
    "law_not_yet": "law",
    "law_ended": "law",
    "review_first": "valid_until",
    "data_dataset_missing": "data_dataset",
    "data_dataset_too_long": "data_dataset",
    "data_until_beyond": "data_until",
    "data_reader_missing": "readers",
    "law_not_named": "law",
    "window_too_long": "valid_until",
    "zones_empty": "zones",
    "retention_negative": "retention_days",
    "retention_too_long": "retention_days",
    "rate_missing": "rate_per_minute",
    "bytes_missing": "bytes_max",
}


def field_of(refusal: Refusal) -> str:
    """Return the field a refusal names, "" when it is about the whole."""
    if refusal.rule in FIELD_OF:
        return FIELD_OF[refusal.rule]
    for ending in ("_missing", "_too_long", "_before_start", "_past"):
        if refusal.rule.endswith(ending):
            return refusal.rule.removesuffix(ending).removeprefix("experiment_")
    return ""
