"""Pages that need neither a database nor the page server: what somebody reads when nothing else can answer them.

Bilingual and plain, with no style of their own: they must come whatever else is broken.
"""

import base64
import os

from necmergitur.live.parts import Send

# A form to ourselves and nothing else; what is told here is of one person.
_POLICY = b"default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEAD = """<!doctype html><html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width,\
initial-scale=1"><meta name="robots" content="noindex"><title>{title}</title><body><main>"""
# The database is away, or the crisis closed while somebody typed.
KEPT = (
    _HEAD.format(title="Appel gardé")
    + """<h1>Votre appel est gardé.</h1><p>La salle le verra dès que \
possible. <strong>Appelez le 112</strong>, ou le 114 par SMS.</p><h1 lang="en">Your call is kept.</h1><p lang="en">\
The control room will see it as soon as it can. <strong>Call 112</strong>, or 114 by text.</p></main>"""
)
# Nobody here has heard from the database yet whether a crisis is open.
UNKNOWN = (
    _HEAD.format(title="Un instant")
    + """<h1>Un instant</h1><p>Nous ne savons pas encore si ce service est \
ouvert. Réessayez dans quelques secondes. <strong>En danger, appelez le 112</strong>, ou le 114 par SMS.</p>\
<h1 lang="en">One moment</h1><p lang="en">We do not know yet whether this service is open. Try again in a few seconds. \
<strong>In danger, call 112</strong>, or 114 by text.</p><form method="post">\
<input type="hidden" name="once" value="{once}"><button name="status" value="need_help">J&#8217;ai besoin d&#8217;aide ·
<span lang="en">I need help</span></button></form></main>"""
)
# Without the page server, a form that its writer must look at again cannot be shown with what they typed.
AGAIN = (
    _HEAD.format(title="Pas enregistré")
    + """<h1>Pas enregistré</h1><p>{fr} Revenez en arrière : ce que vous avez écrit \
y est encore. <strong>En danger, appelez le 112</strong>, ou le 114 par SMS.</p><h1 lang="en">Not recorded</h1>\
<p lang="en">{en} Go back: what you typed is still there. <strong>In danger, call 112</strong>, or 114 by text.</p>\
</main>"""
)
# By what the check-in door says of it; "" when a field must be mended, or nothing is open.
WHY = {
    b"too_many": (429, "Trop de messages viennent de votre réseau.", "Too many messages come from your network."),
    b"not_kept": (503, "Le service n&#8217;a pas répondu à temps.", "The service did not answer in time."),
    b"none": (409, "Aucun dispositif n&#8217;est ouvert.", "No crisis is open."),
    b"": (
        422,
        "Il manque quelque chose : votre nom et votre état.",
        "Something is missing: your name and how you are.",
    ),
}
AFTER_S = {503: b"5", 429: b"60"}


async def say_kept(send: Send) -> None:
    """Tell somebody that their call waits."""
    await _page(send, 202, KEPT)


async def say_unknown(send: Send) -> None:
    """Tell somebody that nobody knows yet whether a crisis is open, with one button for help."""
    once = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
    await _page(send, 503, UNKNOWN.replace("{once}", once))


async def say_again(send: Send, why: bytes) -> None:
    """Tell somebody that their form was not taken, where no page can show it again."""
    status, fr, en = WHY.get(why, WHY[b""])
    await _page(send, status, AGAIN.replace("{fr}", fr).replace("{en}", en))


async def _page(send: Send, status: int, text: str) -> None:
    body = text.encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"content-security-policy", _POLICY),
        (b"cache-control", b"no-store"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if status in AFTER_S:
        headers.append((b"retry-after", AFTER_S[status]))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
