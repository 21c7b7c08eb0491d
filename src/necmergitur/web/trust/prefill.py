"""What an assessment can say before anybody writes: from its activity, its device and the form of a reading.

Said in the language of whoever begins it. Everything stays to be judged: nothing here answers an evaluation.
"""

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from necmergitur.adapters.law import rules
from necmergitur.governance import law
from necmergitur.governance.pia import Answer, Facts, Writing
from necmergitur.governance.processing import Processing as Activity
from necmergitur.web.console.words import say
from necmergitur.web.store import CLOCK
from necmergitur.web.trust import devices, words


def begin(activity: Activity, facts: Facts, author: str) -> Writing:
    """Return a first version for an activity and a device."""
    written = {**_context(activity, facts), **_principles(activity, facts)}
    return Writing(
        title=activity.name,
        author=author,
        facts=facts,
        law=activity.law,
        officer=activity.officer or author,
        answers={ref: Answer(text=text) for ref, text in written.items() if text},
    )


def _context(activity: Activity, facts: Facts) -> dict[str, str]:
    language = get_language() or "en"
    named = [rule.title.in_language(language) for rule in rules() if rule.id in activity.law]
    bounding = [rule.title.in_language(language) for rule in law.speaking(rules(), facts.modality, CLOCK.now())]
    fields = ", ".join(devices.fields_of(facts.payload_schema))
    rate = ngettext("%(n)d reading a minute", "%(n)d readings a minute", facts.rate_per_minute)
    return {
        "111": activity.objective,
        "112": _joined(
            (_("Controller"), activity.controller),
            (_("Joint controllers"), ", ".join(activity.joint_controllers)),
            (_("Processors"), ", ".join(activity.processors)),
        ),
        "113": "\n".join(
            dict.fromkeys([*named, *bounding, activity.legal_text] if activity.legal_text else [*named, *bounding])
        ),
        "121": _joined(
            (_("Gathered"), ", ".join(say(words.DATA, one) for one in activity.data)),
            (_("About"), ", ".join(say(words.PEOPLE, one) for one in activity.people)),
            (_("One reading says"), fields and f"{fields} ({facts.payload_schema})"),
            (_("Described"), activity.data_words),
        ),
        "122": _("The device sends %(rate)s. Each is admitted by the gate, kept for %(days)d days, then erased.")
        % {"rate": rate % {"n": facts.rate_per_minute}, "days": facts.retention_days},
        "123": _joined(
            (_("Device"), facts.stream), (_("Firmware"), facts.firmware), (_("Zones"), ", ".join(facts.zones))
        ),
    }


def _principles(activity: Activity, facts: Facts) -> dict[str, str]:
    fields = ", ".join(devices.fields_of(facts.payload_schema))
    return {
        "211": _joined(
            (_("Purpose"), say(words.PURPOSE_WORDS, facts.purpose or activity.purpose)),
            (_("It must achieve"), activity.objective),
        ),
        "212": _joined(
            (_("Legal basis"), say(words.LEGAL_BASES, activity.legal_basis)), (_("Text"), activity.legal_text)
        ),
        "213": fields
        and _("A reading can say nothing but: %(fields)s. Pictures, sound and faces have no form here.")
        % {"fields": fields},
        "215": _("Each reading is erased %(days)d days after it was taken.") % {"days": facts.retention_days},
        "221": _("A sign on the post leads to the public register, which says what the device does and who answers."),
        "222": _("Consent is not the basis: nobody consents by walking down a street."),
        "223": _("Through the page of rights, within one month."),
        "224": _("Through the page of rights, within one month."),
        "225": _("Through the page of rights, within one month."),
        "226": ", ".join(activity.processors) or _("There is no processor."),
        "227": "\n".join(activity.transfers) or _("Data do not leave the European Union."),
    }


def _joined(*parts: tuple[str, str]) -> str:
    return "\n".join(f"{label}{_(': ')}{text}" for label, text in parts if text)
