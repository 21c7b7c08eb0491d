"""What is pushed to a telephone: opened by its browser alone, signed by the city, sent nowhere else."""

import json
import os
import socket
import time
from collections.abc import Iterator

import pytest

from necmergitur.adapters.messages import push
from necmergitur.adapters.messages.push import Pusher, public_key
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population.telling import Gone
from necmergitur.people import subscriptions
from necmergitur.people.constants import PUSH_ENDPOINT_MAX, PUSH_HOSTS
from necmergitur.people.contacts import Contact
from necmergitur.people.letters import Written
from tests.pushes import HOST, Browser, Service, b64, push_service, signed_by, unb64

SECRET = bytes(range(32))


@pytest.fixture
def service() -> Iterator[Service]:
    with push_service() as running:
        yield running


def pusher(*hosts: str) -> Pusher:
    return Pusher(SECRET, "mailto:ville@example.org", hosts or (HOST,))


def written(to: Contact, text: str = "Amélie lets you know: “I am safe.”") -> Written:
    return Written(to, "Message from the city: Halles", text, "https://ville.example/safe/s/x", "en")


def test_the_browser_of_these_tests_opens_the_example_of_rfc_8291() -> None:
    """RFC 8291, appendix A: keys, message and plain text."""
    browser = Browser(unb64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), unb64("BTBZMqHH6r4Tts7J_aSIgg"))
    assert b64(browser.point) == (
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    message = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
        "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert browser.open(unb64(message)) == b"When I grow up, I want to be a watermelon"


def test_the_telephone_alone_opens_what_is_said(service: Service) -> None:
    browser = Browser()
    pusher().send(written(service.contact(browser)))
    (got,) = service.got
    assert b"safe" not in got.body and b"ville.example" not in got.body
    (shown,) = service.shown(browser)
    assert shown["body"] == "Amélie lets you know: “I am safe.”"
    assert (shown["title"], shown["url"], shown["lang"]) == (
        "Message from the city: Halles",
        "https://ville.example/safe/s/x",
        "en",
    )
    assert got.headers["Content-Encoding"] == "aes128gcm" and int(got.headers["TTL"]) > 0
    assert got.headers["Urgency"] == "high" and got.headers["Topic"] == shown["tag"]


def test_the_city_signs_for_this_push_service_and_one_hour(service: Service) -> None:
    pusher().send(written(service.contact(Browser())))
    claims, key = signed_by(service.got[0], service.url)
    assert key == public_key(SECRET), "the key that pages give to browsers"
    assert claims["sub"] == "mailto:ville@example.org"
    assert 0 < claims["exp"] - time.time() <= 3_600
    assert public_key(os.urandom(32)) != key


def test_every_message_has_the_same_length_whatever_it_says(service: Service) -> None:
    browser = Browser()
    to = service.contact(browser)
    for text in ("Yes.", "A" * 500, "é" * 800, "\x01" * 4_000):
        pusher().send(written(to, text))
    assert len({len(one.body) for one in service.got}) == 1
    assert [one["body"][:3] for one in service.shown(browser)] == ["Yes", "AAA", "ééé", "\x01\x01\x01"]


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (201, None),
        *((status, Gone) for status in (404, 410)),
        *((status, ValueError) for status in (302, 400, 403, 413)),
        *((status, OSError) for status in (429, 500, 503)),
    ],
)
def test_what_a_push_service_answers_is_understood(
    service: Service, answer: int, raised: type[Exception] | None
) -> None:
    service.answer = answer
    if raised is None:
        pusher().send(written(service.contact(Browser())))
    else:
        with pytest.raises(raised) as found:
            pusher().send(written(service.contact(Browser())))
        assert isinstance(found.value, Gone) == (raised is Gone)
    assert len(service.got) == 1, "no redirect is followed"


def test_a_push_service_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "SEND_S_MAX", 0.3)
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        listening.listen()
        address = f"http://{HOST}:{listening.getsockname()[1]}/push"
        to = Contact("push", Service().contact(Browser()).written.replace(f"http://{HOST}:0/push/one", address))
        began = time.monotonic()
        with pytest.raises(OSError):
            pusher().send(written(to))
        assert time.monotonic() - began < 3


def test_what_is_no_point_of_the_curve_is_forgotten(service: Service) -> None:
    browser = Browser()
    browser.point = b"\x04" + b"\x01" * 64
    with pytest.raises(Gone):
        pusher().send(written(service.contact(browser)))
    assert service.got == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/x",
        "https://fcm.googleapis.com:8443/x",
        "https://user:word@fcm.googleapis.com/x",
        "https://fcm.googleapis.com/x#y",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/?fcm.googleapis.com",
        "https://evilpush.services.mozilla.com/x",
        "https://10.0.0.1/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://169.254.169.254/latest",
        "ftp://fcm.googleapis.com/x",
        "https://fcm.googleapis.com/" + "x" * PUSH_ENDPOINT_MAX,
        "https://fcm.googleapis.com/\r\nHost: evil",
        "https://fcm.googleapis.com:99999/x",
        "https://[fcm.googleapis.com/x",
        "",
    ],
)
def test_an_address_that_is_no_push_service_of_ours_is_refused(endpoint: str) -> None:
    body = json.loads(Service().subscription(Browser()))
    found = subscriptions.read(json.dumps({**body, "endpoint": endpoint}).encode(), PUSH_HOSTS)
    assert isinstance(found, Refusal), found


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/QabC",
        "https://db5p.notify.windows.com/w/?token=abc%2f",
    ],
)
def test_the_push_services_of_browsers_in_use_are_taken(endpoint: str) -> None:
    body = json.loads(Service().subscription(Browser()))
    found = subscriptions.read(json.dumps({**body, "endpoint": endpoint}).encode(), PUSH_HOSTS)
    assert isinstance(found, Contact) and subscriptions.of(found).endpoint == endpoint


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"\xff", b"[" * 5_000, b'{"endpoint": "https://x"}'])
def test_what_is_no_subscription_is_refused(body: bytes) -> None:
    assert isinstance(subscriptions.read(body, PUSH_HOSTS), Refusal)


@pytest.mark.parametrize("keys", [{"p256dh": "", "auth": ""}, {"p256dh": b64(b"\x04" * 64), "auth": b64(b"a" * 16)}])
def test_keys_of_another_length_are_refused(keys: dict[str, str]) -> None:
    said = {"endpoint": "https://web.push.apple.com/x", "keys": keys}
    assert isinstance(subscriptions.read(json.dumps(said).encode(), PUSH_HOSTS), Refusal)


def test_a_name_of_a_push_service_that_leads_into_our_network_is_not_followed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that lies: the address behind the name is judged, not the name."""

    def lies(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", lies)
    said = json.loads(service.subscription(Browser())) | {"endpoint": "https://fcm.googleapis.com/x"}
    to = subscriptions.read(json.dumps(said).encode(), PUSH_HOSTS)
    assert isinstance(to, Contact)
    with pytest.raises(OSError, match="address_not_allowed"):
        pusher(*PUSH_HOSTS).send(written(to))


def test_a_host_that_the_city_names_no_more_is_sent_nothing(service: Service) -> None:
    with pytest.raises(Gone):
        pusher("web.push.apple.com").send(written(service.contact(Browser())))
    assert service.got == []
