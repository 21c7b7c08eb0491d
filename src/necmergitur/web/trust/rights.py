"""Who may do what at the trust desk."""

from necmergitur.web.accounts.rules import Rule, is_dpo
from necmergitur.web.console.rights import may_trust

may_write: Rule = is_dpo
may_read: Rule = may_trust
