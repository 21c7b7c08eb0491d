"""The API fuzzed from its own document: no question, however odd, is answered by a failure of ours."""

from datetime import UTC, datetime, timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import ignored_auth

from necmergitur.web.api import tokens
from tests.web.pages import City

EXAMPLES = 10  # per call: a few seconds in all
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
def test_no_question_breaks_the_api(city: City) -> None:
    from django.core.handlers.wsgi import WSGIHandler

    city.press()
    end = datetime.now(UTC) + timedelta(days=1)
    _row, token = tokens.create("Fuzz", list(tokens.SCOPES), ["p-1"], end, city.users["administrator"])
    headers = {"Authorization": f"Bearer {token}"}
    # Presses are served by the live process, which has its own hostile tests.
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler()).exclude(path_regex="/presses")
    statuses: dict[int, int] = {}
    for found in document.get_all_operations():
        operation = found.ok()

        @BOUNDED
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            response = case.call(headers=headers)
            statuses[response.status_code] = statuses.get(response.status_code, 0) + 1
            assert response.status_code < 500, (case.as_curl_command(), response.text[:300])
            assert response.status_code not in (401, 403) or case.path.endswith("/signals"), response.text
            # The header is ours, not generated: what a wrong one gets is in test_api.
            case.validate_response(response, excluded_checks=[ignored_auth])

        ask()
    assert sum(statuses.values()) > 100
    assert statuses[200] > 10
