"""Accounts with roles, for guards that ask the accounts themselves whether somebody holds a role."""

import psycopg


def give_role(url: str, account: int, *roles: str) -> None:
    """Make an account of this number, if there is none, and give it roles."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO accounts_user (id, password, email, display_name, language, is_active, is_demo, created_at)"
            " OVERRIDING SYSTEM VALUE VALUES (%s, '!', %s, %s, 'en', true, false, now()) ON CONFLICT DO NOTHING",
            (account, f"{account}@example.org", f"Person {account}"),
        )
        for role in roles:
            connection.execute(
                "INSERT INTO accounts_rolegrant (user_id, role, granted_at) VALUES (%s, %s, now())", (account, role)
            )
