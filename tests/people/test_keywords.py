"""A text message says in one word how somebody is; the rest is a name, and whom to tell."""

import pytest

from necmergitur.people.keywords import Sent, read


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("SAUF", Sent("safe", "", ())),
        ("Je suis en sécurité Amélie Durand", Sent("safe", "Amélie Durand", ())),
        ("sauve, Zoé", Sent("safe", "Zoé", ())),
        ("I'm safe Bob", Sent("safe", "Bob", ())),
        ("OK Amélie 06 12 34 56 78 maman@example.org", Sent("safe", "Amélie", ("06 12 34 56 78", "maman@example.org"))),
        ("AIDE rue de Rivoli", Sent("need_help", "rue de Rivoli", ())),
        ("Blessée!", Sent("hurt", "", ())),
        ("stop", Sent("withdrawn", "", ())),
        ("où es-tu ?", Sent("", "où es-tu ?", ())),
        ("", Sent("", "", ())),
    ],
)
def test_a_message_is_understood(text: str, sent: Sent) -> None:
    assert read(text) == sent
