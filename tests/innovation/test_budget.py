"""Money promised, paid and left."""

from necmergitur.innovation.budget import Line, may_commit, may_pay, standing

GRANT = 320_000_00


def test_a_grant_is_promised_once_and_paid_once() -> None:
    now = standing(GRANT, [Line(200_000_00, 50_000_00), Line(100_000_00)])
    assert (now.left, now.owed, now.paid) == (20_000_00, 250_000_00, 50_000_00)
    assert may_commit(now, 20_000_00) is None
    refused = may_commit(now, 20_000_01)
    assert refused is not None and refused.rule == "grant_spent"


def test_no_line_pays_more_than_was_promised_and_nothing_is_paid_back_by_a_minus() -> None:
    line = Line(100, 60)
    assert may_pay(line, 40) is None
    for cents, rule in ((41, "line_spent"), (0, "amount_out_of_range"), (-5, "amount_out_of_range")):
        refused = may_pay(line, cents)
        assert refused is not None and refused.rule == rule
