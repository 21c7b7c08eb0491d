"""The search as people meet it: no account, no cookie, no script; and a stranger learns nothing."""

import base64
import html
import io
import json
import os
import re
from pathlib import Path

import altcha
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from necmergitur.operations.population import checkins, confirming, questions, tending
from necmergitur.operations.population.checkins import Registered
from necmergitur.people.checkins import Channel, CheckIn, Form, read
from necmergitur.web.find import ground
from necmergitur.web.find.asking import NOBODY_MAX
from necmergitur.web.store import store
from tests.web.find.conftest import HIDDEN, ONCE, Night, opened
from tests.web.pages import City

NONCE = re.compile(rb"[A-Za-z0-9_-]{22}")


def jpeg(side: int = 64, exif: bool = False) -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", (side, side), "red")
    told = Image.Exif()
    told[0x8825] = {2: (IFDRational(48), IFDRational(51), IFDRational(24))}
    told[0x010F] = "secret camera"
    picture.save(out, "JPEG", exif=told if exif else Image.Exif())
    return out.getvalue()


def person_of(night: Night, path: str) -> bytes:
    link = ground.bytes_of(path.rstrip("/").rsplit("/", 1)[1])
    assert link is not None
    return night.key.row_of(link)


def listed(night: Night, **said: str) -> tuple[str, bytes]:
    """Declare somebody with an appeal that the desk agreed to."""
    path = night.declare(listed="yes", **said)
    person = person_of(night, path)
    assert tending.show(store(), night.crisis, person, night.by("operator"), night.now) is True
    return path, person


def test_nothing_is_taken_while_no_crisis_is_open(quiet: City) -> None:
    del quiet
    client = Night.client(None)  # type: ignore[arg-type]
    assert "No crisis is open" in client.get("/find/").content.decode()
    assert "No crisis is open" in client.get("/find/declare/").content.decode()
    assert "No crisis is open" in client.get("/find/ask/").content.decode()
    assert client.get("/find/appeals/").status_code == 200


def test_a_declaration_asks_one_thing_a_page_and_needs_no_cookie(night: Night) -> None:
    client = night.client()
    path = night.declare(client, age="34", sex="female", description="red coat", sought="+33612345678")
    assert not client.cookies
    page = client.get(path)
    text = page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "no-referrer"
    assert "Amélie Durand" in text
    assert "No news yet." in text
    assert "<script" not in text
    assert "Amélie" not in client.get("/find/appeals/").content.decode()


def test_a_wrong_answer_is_said_beside_its_question_and_the_others_are_kept(night: Night) -> None:
    client = night.client()
    page = client.get("/find/declare/").content.decode()
    answer = client.post("/find/declare/", dict(HIDDEN.findall(page)) | {"name": ""})
    assert answer.status_code == 422
    assert "Write a name. One word is enough." in answer.content.decode()
    page = client.post("/find/declare/", dict(HIDDEN.findall(page)) | {"name": "Li"}).content.decode()
    assert '<input type="hidden" name="name" value="Li">' in page
    back = client.post("/find/declare/", dict(HIDDEN.findall(page)) | {"back": "1"}).content.decode()
    assert 'value="Li"' in back
    answer = client.post("/find/declare/", {"once": "x", "step": "0"})
    assert answer.status_code == 400


def test_the_same_form_sent_twice_is_one_notice(night: Night) -> None:
    client, once = night.client(), ground.new_once()
    said = {"name": "Li", "author": "Rose", "contact": "r@example.org", "once": once, "step": "6"}
    first, again = client.post("/find/declare/", said), client.post("/find/declare/", said)
    assert first["Location"] == again["Location"]
    assert night.city.sql("SELECT count(*) FROM population.person") == [(1,)]


def test_a_crisis_closed_while_a_form_is_typed_keeps_what_was_typed(night: Night) -> None:
    client, once = night.client(), ground.new_once()
    said = {"name": "Li Wei", "author": "Rose", "contact": "r@example.org", "once": once, "step": "6"}
    ask_once = ONCE.search(client.get("/find/ask/").content.decode())
    assert ask_once is not None
    night.close()
    answer = client.post("/find/declare/", said)
    assert answer.status_code == 409
    assert "The crisis was closed while you were writing" in answer.content.decode()
    assert 'name="name" value="Li Wei"' in answer.content.decode()
    answer = client.post(
        "/find/ask/", {"whom": "Li Wei", "name": "Rose", "contact": "r@example.org", "once": ask_once[1]}
    )
    assert answer.status_code == 409
    assert "The crisis was closed while you were writing" in answer.content.decode()
    assert 'value="Li Wei"' in answer.content.decode()


def test_whoever_asks_gets_the_same_bytes_for_everybody(night: Night) -> None:
    night.declare(sought="+33612345678", listed="yes")
    told = []
    for whom in ("+33612345678", "+33699999999", "Amélie Durand", "Nobody At All", "nobody@example.org"):
        client = night.client()
        sent = night.ask(client, whom=whom)
        assert sent.status_code == 303
        questions.match(store(), night.crisis, night.now)
        page = client.get(sent["Location"])
        heads = {name: NONCE.sub(b"?", value.encode()) for name, value in sent.headers.items()}
        told.append((NONCE.sub(b"?", sent.content), heads, NONCE.sub(b"?", page.content), dict(page.headers)))
        assert b"If they are registered, they will get your message." in page.content
    assert all(one == told[0] for one in told)


def test_a_message_reaches_somebody_who_answers_it(night: Night) -> None:
    from necmergitur.operations.population import checkins
    from necmergitur.people.checkins import Channel, CheckIn, Form, read

    said = read(Form(name="Amélie", status="safe", contact="+33612345678"), os.urandom(16), Channel.PAGE, "FR")
    assert isinstance(said, CheckIn)
    checkins.take(store(), night.crisis, night.key, [(said, ground.salt())], night.now)
    asker, answerer = night.client(), night.client()
    sent = night.ask(asker, words="Where is the cat?")
    questions.match(store(), night.crisis, night.now)
    (tell,) = questions.to_tell(store(), night.crisis, night.key)
    path = f"/find/answer/{ground.text_of(tell.link)}/"
    page = answerer.get(path).content.decode()
    assert "Where is the cat?" in page
    assert "rose@example.org" not in page, "the person does not see the asker's number either"
    assert answerer.post(path, {"answer": "reply", "words": ""}).status_code == 422
    assert "Done." in answerer.post(path, {"answer": "safe", "words": "with Bob"}).content.decode()
    page = asker.get(sent["Location"]).content.decode()
    assert "with Bob" in page
    assert "612345678" not in page
    assert "You have answered already." in answerer.post(path, {"answer": "refuse"}).content.decode()
    assert answerer.get(f"/find/answer/{ground.text_of(os.urandom(48))}/").status_code == 404


def test_whoever_wants_to_be_found_by_nobody_says_so_by_their_own_link(night: Night) -> None:
    _path, person = listed(night, sought="+33612345678")
    said = read(Form(name="Amélie", status="safe", contact="+33612345678"), os.urandom(16), Channel.PAGE, "FR")
    assert isinstance(said, CheckIn)
    (mine,) = checkins.take(store(), night.crisis, night.key, [(said, ground.salt())], night.now)
    assert isinstance(mine, Registered)
    client, appeal = night.client(), f"/find/appeals/{ground.text_of(person)}/"
    guess, own = (f"/find/nobody/{ground.text_of(link)}/" for link in (os.urandom(16), mine.link))
    assert client.get(guess).status_code == client.get(own).status_code == 200
    assert client.post(guess).status_code == 200
    assert client.get(appeal).status_code == 200
    assert client.post(own).content == client.post(guess).content.replace(guess.encode(), own.encode()), "the same"
    assert client.get(appeal).status_code == 200, "anybody can type anybody's number"
    with store().transaction() as tx:
        sent = confirming.confirm_link(night.key, tx.checkin(night.crisis.id, night.key.row_of(mine.link)))
    path = f"/find/confirm/{ground.text_of(sent)}/"
    assert client.get(f"/find/confirm/{ground.text_of(os.urandom(32))}/").status_code == 404
    assert "Was it you?" in client.get(path).content.decode()
    assert client.get(appeal).status_code == 200, "a link that is only looked at, by a filter of mail, settles nothing"
    assert "No question reaches you any more" in client.post(path, {"was": "me"}).content.decode()
    assert client.get(appeal).status_code == 404
    night.ask(client)
    questions.match(store(), night.crisis, night.now)
    assert questions.to_tell(store(), night.crisis, night.key) == []


def test_a_link_that_is_guessed_opens_nothing_and_says_the_same(night: Night) -> None:
    path, client = night.declare(), night.client()
    person = ground.text_of(person_of(night, path))
    guesses = [ground.new_once(), person]
    for kind in ("follow", "asked", "appeals"):
        answers = [client.get(f"/find/{kind}/{guess}/") for guess in guesses]
        assert [answer.status_code for answer in answers] == [404, 404]
        first, second = (a.content.replace(g.encode(), b"?") for a, g in zip(answers, guesses, strict=True))
        assert first == second, "but for the address itself, to come back to"
    assert client.get(f"/find/appeals/{person}/picture.jpg").status_code == 404


def test_an_appeal_shows_what_its_author_chose_and_never_a_number(night: Night) -> None:
    path, person = listed(night, description="red coat", sought="+33612345678", age="34")
    client = night.client()
    assert "Amélie Durand" in client.get("/find/appeals/").content.decode()
    page = client.get(f"/find/appeals/{ground.text_of(person)}/").content.decode()
    assert "red coat" in page
    for hidden in ("612345678", "rose@example.org", path):
        assert hidden not in page
    client.post(f"{path}list/", {"listed": ""})
    assert client.get(f"/find/appeals/{ground.text_of(person)}/").status_code == 404


def test_a_strangers_word_is_shown_once_the_desk_read_it(night: Night) -> None:
    path, person = listed(night)
    address, client = f"/find/appeals/{ground.text_of(person)}/", night.client()
    once = ONCE.search(client.get(address).content.decode())
    assert once is not None
    assert client.post(address, {"once": once[1], "text": ""}).status_code == 422
    sent = client.post(address, {"once": once[1], "text": "seen at the station", "status": "believed_alive"})
    assert sent.status_code == 303
    assert "seen at the station" not in client.get(address).content.decode()
    assert "seen at the station" not in client.get(path).content.decode()
    _persons, (told,) = tending.waiting(store(), night.crisis, night.key, night.now)
    tending.judge(store(), night.crisis, told.kept.id, night.by("operator"), keep=True)
    page = client.get(address).content.decode()
    assert "seen at the station" in page
    assert "not verified" in page


def test_numbers_and_addresses_are_covered_before_strangers_read_them(night: Night) -> None:
    words = "red coat, call me on 06 98 76 54 32 or come to 12 rue de Rivoli"
    path, person = listed(night, description=words)
    page = night.client().get(f"/find/appeals/{ground.text_of(person)}/").content.decode()
    assert "red coat" in page
    assert "98 76" not in page
    assert "Rivoli" not in page
    assert night.client().get(path).status_code == 200


def test_a_picture_keeps_its_pixels_alone_waits_for_the_desk_and_every_look_is_kept(night: Night) -> None:
    path, person = listed(night)
    client, address = night.client(), f"/find/appeals/{ground.text_of(person)}/picture.jpg"
    raw = jpeg(exif=True)
    assert b"secret camera" in raw
    sent = client.post(f"{path}picture/", {"picture": io.BytesIO(raw)})
    assert sent.status_code == 303
    assert client.get(address).status_code == 404, "until the desk looked at it"
    tending.show(store(), night.crisis, person, night.by("operator"), night.now)
    shown = client.get(address)
    assert shown["Content-Type"] == "image/jpeg"
    assert b"secret camera" not in shown.content
    assert len(Image.open(io.BytesIO(shown.content)).getexif()) == 0
    looks = night.city.sql("SELECT count(*), count(DISTINCT who) FROM population.picture_look")
    assert looks == [(1, 1)]
    held = night.city.sql("SELECT sealed FROM population.picture")[0][0]
    assert b"JFIF" not in held, "sealed"


@pytest.mark.parametrize(
    "raw",
    [b"", b"GIF89a" + b"\0" * 100, b"%PDF-1.4", jpeg()[:200], b"<svg onload=alert(1)></svg>", os.urandom(2_000)],
)
def test_what_is_no_picture_is_refused(night: Night, raw: bytes) -> None:
    path = night.declare()
    sent = night.client().post(f"{path}picture/", {"picture": io.BytesIO(raw)})
    assert sent.status_code == 422
    assert "This is not a picture we can read" in sent.content.decode()
    assert night.city.sql("SELECT count(*) FROM population.picture") == [(0,)]


def test_a_picture_is_never_written_to_a_disk_in_clear_and_a_giant_one_is_refused(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = night.declare()

    def forbidden(*_args: object, **_options: object) -> None:
        raise AssertionError("a file was made")

    monkeypatch.setattr("django.core.files.uploadedfile.tempfile.NamedTemporaryFile", forbidden)
    noise = Image.frombytes("RGB", (950, 950), os.urandom(950 * 950 * 3))
    out = io.BytesIO()
    noise.save(out, "PNG")
    assert len(out.getvalue()) > 2_621_440, "beyond what Django holds in memory by itself"
    assert night.client().post(f"{path}picture/", {"picture": io.BytesIO(out.getvalue())}).status_code == 303
    sent = night.client().post(f"{path}picture/", {"picture": io.BytesIO(b"x" * 8_100_000)})
    assert sent.status_code == 422
    assert "This picture is too large" in sent.content.decode()


def test_a_bomb_is_refused_before_it_unfolds(night: Night) -> None:
    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    sent = night.client().post(f"{night.declare()}picture/", {"picture": io.BytesIO(out.getvalue())})
    assert sent.status_code == 422


def test_one_source_cannot_flood_and_others_are_not_punished(night: Night) -> None:
    said = {"name": "Li", "author": "Rose", "contact": "r@example.org", "step": "6"}
    client = night.client()
    codes = [client.post("/find/declare/", said | {"once": ground.new_once()}).status_code for _each in range(25)]
    assert codes == [303] * 20 + [429] * 5
    other = client.post("/find/declare/", said | {"once": ground.new_once()}, REMOTE_ADDR="198.51.100.7")
    assert other.status_code == 303


def test_markup_and_tricks_in_names_are_shown_as_words(night: Night) -> None:
    path = night.declare(name="<b>Zo\u202eë</b>", description="<script>alert(1)</script>")
    page = night.client().get(path).content.decode()
    assert "&lt;b&gt;Zoë&lt;/b&gt;" in page
    assert "<script>" not in page


def test_erased_in_one_step(night: Night) -> None:
    path, client = night.declare(), night.client()
    asked = client.post(f"{path}erase/").content.decode()
    assert "Erase this notice?" in asked and "cannot be had back" in asked
    assert client.get(path).status_code == 200, "one press erases nobody's search"
    assert "Everything is erased" in client.post(f"{path}erase/", {"sure": "yes"}).content.decode()
    assert client.get(path).status_code == 404
    sent = night.ask(client)
    assert "Everything is erased" in client.post(sent["Location"]).content.decode()
    assert night.city.sql(
        "SELECT (SELECT count(*) FROM population.person) + (SELECT count(*) FROM population.question)"
    )[0] == (0,)


def test_a_drill_is_a_drill_on_every_page_and_its_rows_are_apart(night: Night, tmp_path: Path) -> None:
    opened(night.city, tmp_path, drill=True)
    client = night.client()
    for path in ("/drill/find/", "/drill/find/declare/", "/drill/find/ask/", "/drill/find/appeals/"):
        assert "This is a drill. Nothing here is real." in client.get(path).content.decode()
    path = night.declare(client)
    assert client.get(path).status_code == 200
    assert client.get(f"/drill{path}").status_code == 404


def test_pages_speak_french(night: Night) -> None:
    page = night.client("fr").get("/find/").content.decode()
    assert "Chercher quelqu" in page


def proof(page: str) -> str:
    """Do the work that a page asks for, as its script does."""
    asked = json.loads(html.unescape(re.search(r'data-challenge="([^"]+)"', page)[1]))  # type: ignore[index]
    challenge = altcha.ChallengeV1(
        asked["algorithm"], asked["challenge"], asked["maxNumber"], asked["salt"], asked["signature"]
    )
    solved = altcha.solve_challenge_v1(challenge)
    said = {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")} | {"number": solved.number}
    return base64.b64encode(json.dumps(said).encode()).decode()


def test_what_one_network_sends_is_counted_in_every_process_and_more_costs_work(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(ground.ASKED.most):
        assert night.ask().status_code == 303
    monkeypatch.setattr(ground, "ASKED", ground.Limit(ground.ASKED.most))  # another process, that heard of none
    once = ground.new_once()
    held = night.ask(once=once, words="where are you")
    page = held.content.decode()
    assert held.status_code == 429
    assert "where are you" in page and "Wait ten minutes" in page and held.headers["Retry-After"] == "600"
    work = proof(page)
    assert night.ask(once=ground.new_once(), work=work).status_code == 429, "no work serves two forms"
    assert night.ask(once=once, work="x" * 2_000).status_code == 429
    assert night.ask(once=once, work=work).status_code == 303
    assert night.city.sql("SELECT count(*) FROM population.question") == [(31,)]
    assert len(night.city.sql("SELECT DISTINCT source FROM population.pace WHERE what = 'ask'")) == 1


def test_a_declaration_held_back_keeps_what_was_typed_and_goes_in_with_work(night: Night) -> None:
    for _ in range(ground.DECLARED.most):
        night.declare()
    client, answers = night.client(), {"name": "Zoé", "author": "Rose", "contact": "rose@example.org"}
    page = client.get("/find/declare/")
    for _each in range(7):
        page = client.post("/find/declare/", dict(HIDDEN.findall(page.content.decode())) | answers)
    assert page.status_code == 429
    text = page.content.decode()
    kept = dict(HIDDEN.findall(text))
    assert kept["name"] == "Zoé"
    assert client.post("/find/declare/", kept | {"work": proof(text)}).status_code == 303


def test_a_number_hidden_in_a_name_is_shown_to_no_stranger(night: Night) -> None:
    _path, person = listed(night, name="Amélie 06 12 34 56 78", other_names="www.evil.example")
    client = night.client()
    for path in ("/find/appeals/", f"/find/appeals/{ground.text_of(person)}/"):
        page = client.get(path).content.decode()
        assert "Amélie •••" in page and "12 34 56" not in page and "evil.example" not in page
    said = read(Form(name="Zoé", status="safe", contact="+33612345679"), os.urandom(16), Channel.PAGE, "FR")
    assert isinstance(said, CheckIn)
    checkins.take(store(), night.crisis, night.key, [(said, ground.salt())], night.now)
    night.ask(client, whom="+33612345679", name="Call 06 12 34 56 70", relation="at 12 rue de Rivoli")
    questions.match(store(), night.crisis, night.now)
    (tell,) = questions.to_tell(store(), night.crisis, night.key)
    page = client.get(f"/find/answer/{ground.text_of(tell.link)}/").content.decode()
    assert "Call •••" in page and "12 34 56" not in page and "Rivoli" not in page


def test_one_network_sends_letters_to_few_numbers_that_it_typed(night: Night) -> None:
    client = night.client()
    codes = [client.post(f"/find/nobody/{ground.new_once()}/").status_code for _ in range(NOBODY_MAX + 1)]
    assert codes == [200] * NOBODY_MAX + [429]
    other = client.post(f"/find/nobody/{ground.new_once()}/", REMOTE_ADDR="198.51.100.7")
    assert other.status_code == 200
