"""The public register: what the city runs, why, under which paper, and how to check it. No account, no script."""
