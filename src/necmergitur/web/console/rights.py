"""Who may do what in the control room, in one place."""

from necmergitur.governance import accesses, gate
from necmergitur.web.accounts.roles import Role
from necmergitur.web.accounts.rules import (
    Rule,
    is_administrator,
    is_dpo,
    is_duty_officer,
    is_lead,
    is_liaison,
    is_operator,
    is_technician,
    roles_of,
)
from necmergitur.web.store import CLOCK


def sees_calls(purpose: str, place: str) -> Rule:
    """Return the rule of who is shown places and words of calls: the gate's own."""
    return Rule(
        f"sees calls to {purpose}",
        lambda user: gate.sees_calls(purpose, roles_of(user), place, CLOCK.now()),
        [Role(reader) for reader in accesses.readers_of(accesses.CALLS, purpose)],
    )


# Whoever answers calls. Pilots see incidents and file what they see, but do not close or hand them off.
may_answer: Rule = is_operator | is_lead | is_duty_officer
may_see: Rule = sees_calls(accesses.ANSWER_CALL, accesses.ROOM)
may_work_here: Rule = may_see | is_technician | is_administrator
# Whose pages are told of alarms as they happen.
may_hear: Rule = may_work_here | is_dpo | is_liaison
may_supervise: Rule = is_lead | is_duty_officer | is_administrator
may_keep_devices: Rule = is_technician | is_lead
may_read_devices: Rule = may_work_here
may_announce: Rule = may_see
may_authorise: Rule = is_lead
may_qualify: Rule = is_lead | is_administrator
may_go: Rule = sees_calls(accesses.GO, accesses.STREET)
may_trust: Rule = is_dpo | is_lead
# Who works with people's records; and who may lend them more looks than an hour allows.
may_tend_people: Rule = is_liaison | is_lead | is_duty_officer
may_open_crisis: Rule = is_lead | is_duty_officer
