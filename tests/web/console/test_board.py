from tests.web.pages import City


def test_the_queue_is_in_the_first_bytes(city: City) -> None:
    incident = city.press()
    page = city.client("operator").get("/console/").content.decode()
    assert f'id="q-{incident}"' in page
