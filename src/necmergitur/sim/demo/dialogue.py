"""The demonstration's dialogue: invented people who vote on statements of the city's own, until groups show.

It is opened, stated and voted in by the operations that pages call. No invented person says anything: what is voted on
is marked as the city's, and the title and the question say that it is a demonstration.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.opinion import AGREE, DISAGREE, PASS
from necmergitur.kernel.refusal import Refusal

TITLE_FR = "Les caméras des drones (démonstration)"
TITLE_EN = "The drones' cameras (demonstration)"
QUESTION_FR = (
    "Inventé pour la démonstration, les votes aussi. À quoi la ville doit-elle veiller quand un drone filme"
    " en répondant à un appel\N{NO-BREAK SPACE}?"
)
QUESTION_EN = (
    "Invented for the demonstration, and so are its votes. What should the city look after when a drone films"
    " while it answers a call?"
)
# (language, statement, what the two camps think of it): the first three everybody agrees with.
STATEMENTS: tuple[tuple[str, str, int, int], ...] = (
    ("fr", "La caméra doit rester éteinte tant que personne n'a appelé.", AGREE, AGREE),
    ("en", "Whoever was filmed can find out when and why.", AGREE, AGREE),
    ("fr", "Les images sont effacées au bout de sept jours, sans exception.", AGREE, AGREE),
    ("en", "A drone that arrives in two minutes is worth its camera.", AGREE, DISAGREE),
    ("fr", "Il faut davantage de drones dans les quartiers éloignés.", AGREE, DISAGREE),
    ("en", "Responders should see the picture before they leave.", AGREE, DISAGREE),
    ("fr", "Un agent sur place vaut mieux qu'une caméra en l'air.", DISAGREE, AGREE),
    ("en", "Cameras in the air lead to watching everybody.", DISAGREE, AGREE),
    ("fr", "L'argent serait mieux employé à l'éclairage des rues.", DISAGREE, AGREE),
    ("en", "The trial should end after one year, whatever it finds.", DISAGREE, AGREE),
)
CAMP = 18  # voters of each: two groups of at least ten show, and a few undecided do not hide them
LASTS = timedelta(days=60)
# As if people had come through an evening, a few seconds to a statement: crowds and machines come otherwise, and
# would be flagged for it.
BETWEEN_VOTERS, BETWEEN_VOTES = timedelta(minutes=4), timedelta(seconds=7)


def put_dialogue(assessment_id: UUID, by: Person, now: datetime) -> None:
    """Open the dialogue on an assessment and have invented people vote, unless one was ever held on it."""
    from necmergitur.web.dialogue import opening, voters
    from necmergitur.web.dialogue.models import Conversation, Statement

    if opening.latest("assessment", assessment_id) is not None:
        return
    with transaction.atomic():  # whole, or made at the next start
        talk = opening.open_conversation(
            "assessment", assessment_id, TITLE_FR, TITLE_EN, QUESTION_FR, now + LASTS,
            by=by, question_en=QUESTION_EN, now=now,
        )  # fmt: skip
        assert isinstance(talk, Conversation), talk
        made = [opening.propose(talk, text, language, by, now) for language, text, *_ in STATEMENTS]
        for voter in range(2 * CAMP):
            token, at = voters.new_token(), now - (2 * CAMP - voter) * BETWEEN_VOTERS
            for place, statement in enumerate(made):
                assert isinstance(statement, Statement), statement
                outcome = voters.cast(talk.pk, statement.pk, token, _choice(voter, place), at + place * BETWEEN_VOTES)
                assert not isinstance(outcome, Refusal), outcome


def _choice(voter: int, place: int) -> int:
    """Return what a voter thinks: as their camp, but each of them hesitates once and a few differ once."""
    camp, number = voter % 2, voter // 2
    if place == number % len(STATEMENTS):
        return PASS
    _language, _text, first, second = STATEMENTS[place]
    thinks = second if camp else first
    return -thinks if number % 3 == 0 and place == (number * 7 + 3) % len(STATEMENTS) else thinks
