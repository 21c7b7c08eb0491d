"""What went wrong with a source, in plain words, and what to do."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.programme.words import sentence as of_programme
from necmergitur.web.watch.models import Source, SourceState

NOT_SO = _("The answer is no %(format)s: look at the address, or choose another format.")
PROBLEMS: dict[str, Any] = {
    "host_unknown": _("No such host: look at the address."),
    "address_not_allowed": _("The address leads into a private network. It is never asked."),
    "watch_address": _("The address, or one it leads to, is no web address."),
    "watch_unanswered": _("The host does not answer."),
    "watch_slow": _("The answer took too long and was cut."),
    "watch_redirects": _("The address leads from one to another without end."),
    "watch_status": _("The host answers with an error (%(detail)s)."),
    "watch_gone": _("The host says that this page is gone for good (410)."),
    "watch_robots": _(
        "The site’s robots.txt asks not to be read here. It is respected: ask the site, or find its feed."
    ),
    "watch_robots_unsaid": _("The site cannot say whether it may be read (robots.txt fails): it is not asked."),
    "watch_too_large": _("The answer is larger than 16 MB: it was not read. Ask for less at a time."),
    "watch_bomb": _("The answer unpacks to more than 64 MB: it was not read."),
    "watch_coding": _("The answer is packed in a way we do not read."),
    "watch_malformed": _("The answer is broken and nothing of it could be read."),
    "watch_entities": _("The answer defines entities of its own, as attacks do: it was not read."),
    "watch_too_deep": _("The answer is nested without end: it was not read."),
    "watch_heavy": _("Reading the answer takes more time or memory than any answer should: it was given up."),
    "watch_broken": _("We failed on this answer. That is our mistake: tell whoever keeps this installation."),
    "watch_empty": _("The answer is empty."),
    "watch_oai_refused": _("The archive refuses the question: look at the address and its set."),
    "watch_cut": _("The answer breaks off, or is very long: what came before counts."),
    "watch_more": _("There is more than is read in one turn: narrow the search, or ask for the newest first."),
    "watch_not_feed": NOT_SO,
    "watch_not_oai": NOT_SO,
    "watch_not_openalex": NOT_SO,
    "watch_not_cordis": NOT_SO,
    "watch_not_ted": NOT_SO,
    "watch_not_patents": NOT_SO,
    "watch_not_page": NOT_SO,
}
SHEETS: dict[str, Any] = {
    "sheet_too_large": _("The file is larger than 2 MB."),
    "sheet_too_long": _("The file has more than %(most)s rows: send it in parts."),
    "sheet_empty": _("The file has no row below its headings."),
    "sheet_unreadable": _("The file cannot be read as a table. CSV, .xlsx and .ods can."),
    "sheet_headings": _("These headings are missing in the first row: %(missing)s."),
}
KINDS: dict[str, Any] = {
    "needs": pgettext_lazy("programme", "Needs"),
    "leads": pgettext_lazy("programme", "Leads"),
    "apply": pgettext_lazy("import", "Applications"),
}
TONES = {SourceState.ON: "ours", SourceState.PAUSED: "neutral", SourceState.OFF: "serious"}


def problem_of(source: Source) -> str:
    """Return what is wrong with a source; empty when nothing is."""
    if not source.problem:
        return ""
    said = str(PROBLEMS.get(source.problem, source.problem))
    if "%(" in said:
        said %= {"detail": source.problem_detail, "format": source.get_format_display()}
    return said


def tone_of(source: Source) -> str:
    """Return the tone of a source's state: one that is followed and fails wants attention."""
    return "attention" if source.state == SourceState.ON and source.failures else TONES[SourceState(source.state)]


def sentence(refusal: Refusal) -> Any:
    """Return a refusal in plain words."""
    return PROBLEMS.get(refusal.rule) or of_programme(refusal)
