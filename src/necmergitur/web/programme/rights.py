"""Who may do what in the programme."""

from necmergitur.web.accounts.rules import Rule, is_administrator, is_analyst, is_dpo, is_lead

may_run: Rule = is_analyst
# The desk is nobody's secret within the house.
may_read: Rule = is_analyst | is_administrator | is_dpo | is_lead
