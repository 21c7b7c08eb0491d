"""What pages of open doors say: refusals, states, languages."""

from django.utils.translation import gettext_lazy as _

PROBLEMS = {
    "too_many": _("Too many requests from here just now. Wait ten minutes. In danger, call 112."),
    "address_missing": _("Write your address, and how to get in."),
    "area_closed": _("This area is closed now. Stay where you are, indoors, and follow what the authorities say."),
    "calls_full": _("You have called each other often enough. Write, or go to the meeting place."),
    "case_open": _("Somebody at the desk looks at your case. You can erase yourself once it is closed."),
    "code_old": _("This code is too old. Ask for another one."),
    "code_tries": _("Too many wrong codes. Begin again, or call the desk."),
    "code_wrong": _("This is not the code."),
    "crisis_closed": _("This service closed while you were writing. Nothing was kept."),
    "guest_not_there": _("Your guest has not said yet that they are at the meeting place."),
    "languages_too_many": _("Five languages at most."),
    "link_unknown": _("Nothing is known at this address."),
    "match_over": _("This is over: the other person, or time, has decided otherwise."),
    "name_missing": _("Write your first name."),
    "name_too_long": _("This name is too long."),
    "near_unknown": _("No street or post of this name is known. Leave it empty: the quarter is enough."),
    "no_room_left": _("There is no room left."),
    "number_wrong": _("Write a number."),
    "phone_missing": _("Write a mobile phone number, such as 06 12 34 56 78."),
    "place_missing": _("Choose a quarter."),
    "talk_full": _("There are too many messages. You are about to meet: speak to each other there."),
    "unreachable": _("Our database does not answer: nothing was recorded. Try again in a moment."),
    "words_missing": _("Write something first."),
    "words_too_long": _("This is too long."),
}
DONE = {
    "code_sent": _("If that number can receive text messages, a code is on its way."),
    "confirmed": _("Your number is confirmed."),
    "done": _("Done."),
    "reported": _("Thank you. Somebody at the desk looks at it now. You are not sent to each other again."),
    "rings": _("Your phone rings within a minute, then theirs. Neither of you sees the other’s number."),
    "said": _("Your message is passed on."),
}
STATES = {
    "host": {
        "unconfirmed": _("Confirm your number first: nobody is sent to you before."),
        "open": _("Your door is open. We write to you when somebody needs it."),
        "held": _("Your offer is held: somebody at the desk looks at it."),
        "withdrawn": _("You took your offer back. Nobody is sent to you."),
        "expired": _("Your offer is over. If you still have room, offer it again."),
    },
    "guest": {
        "unconfirmed": _("Confirm your number first: then we look for a host."),
        "waiting": _("We are looking for a host near you. We write to you when one says yes."),
        "agreed": _("You are expected."),
        "arrived": _("You have arrived. Rest well."),
        "desk": _(
            "A person at the desk looks for shelter with you, and calls you. Official shelters are open to you now."
        ),
        "withdrawn": _("You took your request back."),
        "expired": _("Your request is over. If you still need shelter, ask again."),
    },
}
LANGUAGES = [
    ("fr", _("French")),
    ("en", _("English")),
    ("ar", _("Arabic")),
    ("es", _("Spanish")),
    ("pt", _("Portuguese")),
    ("de", _("German")),
    ("it", _("Italian")),
    ("zh", _("Chinese")),
    ("uk", _("Ukrainian")),
    ("lsf", _("French sign language")),
]
LANGUAGE_WORDS = dict(LANGUAGES)
SHELTERS = {
    "town_hall": _("town hall"),
    "school": _("school"),
    "hotel": _("hotel"),
    "hall": _("hall"),
    "hospital": _("hospital"),
    "other": _("shelter"),
}
CLOSED = {
    "danger": _("Danger: do not go there."),
    "stay_indoors": _("Order to stay indoors: whoever is there stays there."),
}
NEEDS = [
    ("children", _("There are children with us")),
    ("animals", _("There is an animal with us")),
    ("wheelchair", _("One of us cannot climb stairs")),
    ("all_women", _("We are women, or women and children, only")),
    ("women_only", _("We want to stay with women only")),
    ("minors", _("None of us is 18 or older")),
]
HAVE = [
    ("children", _("Children can come")),
    ("animals", _("An animal can come")),
    ("wheelchair", _("There are no stairs, or there is a lift")),
    ("women_at_home", _("Only women live here")),
    ("women_only", _("I receive women, or women and children, only")),
]
LEVELS = {
    "phone": _("known by their confirmed number"),
    "verified": _("verified by a person at the desk"),
    "partner": _("a partner: town hall, school, hotel, association"),
}
