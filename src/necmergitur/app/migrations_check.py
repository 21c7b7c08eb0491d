"""`python -m necmergitur.app.migrations_check`: does every change of a model have its migration? No database needed."""

import os
import secrets
import sys
import tempfile

from necmergitur.app.settings import Settings
from necmergitur.app.web_environment import export_for_web


def missing() -> list[str]:
    """Return the migrations that somebody forgot to write, as `app.name`. Django must be set up."""
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
    from django.db.migrations.state import ProjectState
    from django.utils import translation

    # Migrations hold texts as they are written, not in whatever language this process speaks.
    with translation.override(None):
        loader = MigrationLoader(None)
        questioner = NonInteractiveMigrationQuestioner(specified_apps=set(), dry_run=True)
        detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps), questioner)
        changes = detector.changes(graph=loader.graph)
    return sorted(f"{label}.{migration.name}" for label, migrations in changes.items() for migration in migrations)


def forked() -> list[str]:
    """Return migrations that both claim to be the last of their application: none could run. Django must be set up."""
    from django.db.migrations.loader import MigrationLoader

    conflicts = MigrationLoader(None).detect_conflicts()
    return sorted(f"{label}.{name}" for label, names in conflicts.items() for name in names)


def main() -> int:
    """Say what is missing or forked; 1 when anything is."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["NEC_SECRET_WEB"] = secrets.token_hex(32)
        export_for_web(Settings.from_environment({"NEC_HOME": home, "NEC_DATABASE_URL": "postgresql:///unused"}))
        from necmergitur.web.boot import boot

        boot()
        forgotten, rivals = missing(), forked()
    if forgotten:
        print("models changed without a migration:", *forgotten, file=sys.stderr)
        return 1
    if rivals:
        print("migrations that do not follow one another:", *rivals, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
