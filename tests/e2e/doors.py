"""A family and a host who find each other through open doors, on two telephones without script."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.acting import SOON_S, inbox, plain, until

HOST = {"name": "Hélène Hôtesse", "phone": "06 12 00 55 02", "address": "12 rue des Essais, digicode 45B12"}
GUEST = {"name": "Gaël Invité", "phone": "06 12 00 55 01"}


def answer(phone: Page, kind: str, *steps: dict[str, Any]) -> str:
    """Answer the questions of open doors, one a page; return one's private address."""
    phone.goto(f"/drill/doors/{kind}/")
    for said in steps:
        for label, value in said.items():
            field = phone.get_by_label(label)
            if value is True:
                field.check()
            elif label == "Quarter":
                field.select_option(index=1)
            else:
                field.fill(value)
        phone.locator("main form .button--primary").click()
    phone.wait_for_url("**/doors/host/**" if kind == "offer" else "**/doors/guest/**")
    return phone.url


def confirm(phone: Page, number: str, private: str) -> None:
    """Type the code that came by text message."""
    until("a code comes", lambda: inbox(phone, plain(number), "Your code"), SOON_S)
    code = re.search(r"Your code: (\d{6})", inbox(phone, plain(number), "Your code")[0])
    assert code is not None
    phone.goto(private)
    phone.get_by_label("The code we sent to your phone").fill(code[1])
    phone.get_by_role("button", name="Confirm").click()
    expect(phone.locator("main")).to_contain_text("Your number is confirmed.")


def meet_at_a_door(host: Page, guest: Page) -> None:
    """A family and a host find each other, talk, meet and arrive; neither ever reads the other's number."""
    pages: dict[Page, list[str]] = {host: [], guest: []}
    you = {"First name": HOST["name"], "Mobile phone": HOST["phone"]}
    door = answer(
        host, "offer", {"Quarter": ""}, {"People who can sleep here": "3"}, {"Children can come": True},
        {"6 hours": True}, {}, {"Address, floor, door": HOST["address"]}, you,
    )  # fmt: skip
    you = {"First name": GUEST["name"], "Mobile phone": GUEST["phone"]}
    shelter = answer(
        guest, "ask", {"Quarter": ""}, {"People, you included": "2"}, {"There are children with us": True}, {}, you
    )
    confirm(host, HOST["phone"], door)
    confirm(guest, GUEST["phone"], shelter)

    def shows(page: Page, at: str, words: str) -> None:
        until(words, lambda: page.goto(at) and words in page.locator("main").inner_text(), SOON_S)
        pages[page].append(page.content())

    shows(host, door, "Somebody needs shelter")
    assert GUEST["name"] not in host.content(), "no name before both agree"
    host.get_by_role("button", name="Yes, they can come").click()
    shows(guest, shelter, "Somebody opens their door to you")
    guest.get_by_role("button", name="Yes, I go there").click()
    shows(guest, shelter, f"You meet {HOST['name']}")
    expect(guest.locator("main")).to_contain_text("at this emergency post")
    assert HOST["address"] not in guest.content()
    shows(host, door, f"You meet {GUEST['name']}")
    host.get_by_label("Your message").fill(f"Je porte un manteau vert. Appelle-moi au {HOST['phone']} !")
    host.get_by_role("button", name="Pass it on").click()
    shows(guest, shelter, "manteau vert")
    guest.get_by_label("Your message").fill(f"mon numéro c'est {' '.join(GUEST['phone'])}")
    guest.get_by_role("button", name="Pass it on").click()
    guest.get_by_role("button", name="I am there").click()
    shows(host, door, "Your guest is there")
    host.get_by_role("button", name="Give my address").click()
    shows(guest, shelter, HOST["address"])
    codes = {}
    for page, at in ((host, door), (guest, shelter)):
        page.goto(at)
        codes[page] = re.search(r"Your code:\s*(\d{6})", page.locator("main").inner_text())[1]  # type: ignore[index]
    for page, other in ((host, guest), (guest, host)):
        page.get_by_label("The other's code").fill(codes[other])
        page.get_by_role("button", name="Check: we have met").click()
    shows(guest, shelter, "You have arrived")
    shows(host, door, "You have met")
    for page, mine, theirs in ((host, HOST, GUEST), (guest, GUEST, HOST)):
        told = "\n".join([*pages[page], *inbox(page, plain(mine["phone"]))])
        assert len(pages[page]) >= 4 and "/doors/" in told
        bare = re.sub(r"[\s.,-]", "", told)
        assert plain(theirs["phone"])[3:] not in bare, "the other's number, however it is spaced"
