"""Words of the trust desk: codes and CNIL's questions, in the reader's language."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.web.console.words import PURPOSES, Words

LEGAL_BASES: Words = {
    "A6-1-a": _("consent (GDPR art. 6(1)(a))"),
    "A6-1-b": _("a contract with the person (GDPR art. 6(1)(b))"),
    "A6-1-c": _("a legal obligation (GDPR art. 6(1)(c))"),
    "A6-1-d": _("vital interests (GDPR art. 6(1)(d))"),
    "A6-1-e": _("a task in the public interest (GDPR art. 6(1)(e))"),
    "A6-1-f": _("legitimate interest (GDPR art. 6(1)(f))"),
}
PEOPLE: Words = {
    "passers_by": _("passers-by"),
    "residents": _("residents"),
    "callers": _("people who call for help"),
    "children": _("children"),
    "staff": _("the city's own staff"),
}
DATA: Words = {
    "counts": _("how many people, and nothing of them"),
    "pseudonyms": _("codes that stand for people"),
    "identity": _("names, identity"),
    "contact": _("addresses, telephone numbers"),
    "location": _("where a person is"),
    "pictures": _("pictures of people"),
    "health": _("health"),
    "sound": _("sound, voices"),
    "biometric": _("biometrics (faces, gait, fingerprints)"),
    "access_records": _("who connected and when"),
}
# What a sensor senses. Which of these the law forbids is the rules' business: they may be chosen, and are refused.
SENSED: Words = {
    "": _("no sensor"),
    "crowd_count": _("how many people (crowd counter)"),
    "advice": _("advice of a solution on trial (a level, no picture)"),
    "camera": _("pictures (fixed camera)"),
    "drone_camera": _("pictures (drone)"),
    "augmented_camera": _("pictures analysed by a machine"),
    "lidar": _("shapes and movement (lidar)"),
    "sound": _("sound"),
    "biometric": _("biometrics"),
    "voice": _("voices"),
    "vibration": _("vibrations of the air"),
    "audio_event": _("sounds recognised by a machine"),
    "face": _("faces"),
    "gait": _("how people walk"),
    "emotion": _("emotions"),
    "social_scoring": _("scores given to people"),
    "predictive_policing": _("guesses about who will offend"),
    "scan": _("3D scans of places"),
}
# What the forms offer; the rest only appears in rules.
OFFERED = (
    "",
    "crowd_count",
    "advice",
    "camera",
    "drone_camera",
    "augmented_camera",
    "lidar",
    "scan",
    "sound",
    "biometric",
)
STATES: Words = {
    "draft": _("being written"),
    "refused": pgettext_lazy("assessment", "refused"),
    "signed": pgettext_lazy("assessment", "signed"),
    "replaced": pgettext_lazy("assessment", "replaced by a later version"),
    "withdrawn": pgettext_lazy("assessment", "withdrawn"),
}
PARTS: Words = {
    "facts": _("What is assessed"),
    "context": pgettext_lazy("assessment", "Context"),
    "principles": _("Fundamental principles"),
    "risks": pgettext_lazy("assessment", "Risks"),
    "validation": pgettext_lazy("assessment", "Validation"),
}
ITEMS: Words = {
    "1.1": _("Overview"),
    "1.2": _("Data, processes and supporting assets"),
    "2.1": _("Proportionality and necessity"),
    "2.2": _("Measures that protect people's rights"),
    "3.1": _("Measures, planned or existing"),
    "3.2": _("Unlawful access to data"),
    "3.3": _("Unwanted change of data"),
    "3.4": _("Disappearance of data"),
}
# Each question, shortly.
QUESTIONS: Words = {
    "111": _("What is the processing under assessment?"),
    "112": _("Who answers for it?"),
    "113": _("Which rules and standards apply?"),
    "121": _("Which data are processed?"),
    "122": _("How do data live, from their birth to their erasure?"),
    "123": _("What do data rest on (devices, software, people)?"),
    "211": _("Are the purposes specified, explicit and legitimate?"),
    "212": _("On what basis is the processing lawful?"),
    "213": _("Are the data no more than needed?"),
    "214": _("Are the data accurate and kept up to date?"),
    "215": _("How long are the data kept?"),
    "221": _("How are people informed?"),
    "222": _("How is consent obtained, where it is the basis?"),
    "223": _("How do people get access to their data, and take them away?"),
    "224": _("How do people correct and erase?"),
    "225": _("How do people restrict and object?"),
    "226": _("Are the processors' duties in a contract?"),
    "227": _("Are data protected when they leave the European Union?"),
    "321": _("What would happen to people?"),
    "322": _("How could it come about (threats)?"),
    "323": _("Who or what could cause it (sources)?"),
    "324": _("Which measures help against it?"),
    "325": _("How severe, before the planned measures are judged?"),
    "326": _("How likely, before the planned measures are judged?"),
}
for _risk in "34":
    for _last in "123456":
        QUESTIONS[f"3{_risk}{_last}"] = QUESTIONS[f"32{_last}"]
EVALUATIONS: Words = {
    "0": _("not judged yet"),
    "3": _("acceptable"),
    "2": _("can be improved"),
    "1": _("not acceptable"),
}
GAUGES: Words = {
    "0": _("not estimated"),
    "1": _("negligible"),
    "2": pgettext_lazy("gauge", "limited"),
    "3": pgettext_lazy("gauge", "significant"),
    "4": pgettext_lazy("gauge", "maximal"),
}
FACTS: Words = {
    "stream": _("Sensor's stream"),
    "modality": _("What is sensed"),
    "payload_schema": _("Form of a reading"),
    "purpose": _("Purpose"),
    "zones": _("Zones"),
    "rate_per_minute": _("Readings a minute"),
    "retention_days": _("Kept for, days"),
    "firmware": _("Firmware"),
}
WRITTEN: Words = {
    "title": _("Title"),
    "opinion": _("Opinion of the data protection officer"),
    "favourable": _("Verdict of the opinion"),
    "people_opinion": _("Opinion of the people concerned"),
    "people_not_searched": _("Why the people concerned were not asked"),
    "review_by": _("To be looked at again by"),
    "people": _("People concerned"),
    "facts": _("What is assessed"),
}
RISKS_OF_BREACH: Words = {
    "none": _("no likely risk for people"),
    "risk": _("a risk for people"),
    "high": _("a high risk for people"),
}
OPERATORS: Words = {
    "national_police": _("national police"),
    "gendarmerie": _("gendarmerie"),
    "customs": _("customs"),
    "army": _("army"),
    "civil_security": _("civil security, fire brigade"),
    "municipal_police": _("municipal police"),
    "municipal": _("the city"),
}
PURPOSE_WORDS: Words = PURPOSES


def place(ref: str) -> str:
    """Return where in an assessment a reference stands, in words."""
    ref, judged = ref.removeprefix("evaluation."), ref.startswith("evaluation.")
    name: Any = ref
    if ref.startswith("facts."):
        name = FACTS[ref.removeprefix("facts.")]
    elif ref.startswith("3.1."):
        name = _("Measure %(number)s") % {"number": ref.removeprefix("3.1.")}
    elif ref in ITEMS or ref in QUESTIONS or ref in WRITTEN:
        name = ITEMS.get(ref) or QUESTIONS.get(ref) or WRITTEN[ref]
        if ref[:2] in {"33", "34", "32"}:
            name = f"{ITEMS[f'3.{ref[1]}']} · {name}"
    elif ref[:4] in {"2.1.", "2.2."}:
        name = QUESTIONS[ref[4:]]
    return str(_("Judgement: %(what)s") % {"what": name} if judged else name)


def part_of(ref: str) -> str:
    """Return the page on which a reference is written."""
    if ref in {"facts", "title"} or ref.startswith("facts."):
        return "facts"
    return {"1": "context", "2": "principles", "3": "risks"}.get(ref[:1], "validation")
