"""What the example tells: needs, what the invented sources say, partners. All of it is invented, and says so.

French and English, as a city's sources are: the watch tells the languages, and matches across them.
"""

from decimal import Decimal
from typing import Any

import msgspec

from necmergitur.web.programme import example

MARK, MARK_EN = " (démonstration)", " (demonstration)"


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One thing an invented source says."""

    slug: str
    title: str
    text: str
    organisation: str
    country: str
    language: str
    day: str  # of November 2026, in two digits


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One invented source: its format, its name, and what it says."""

    path: str
    format: str
    name: str
    news: tuple[News, ...]


TOLD_BEFORE: dict[str, Any] = {
    "title": example.FIRST,
    "spoken_for": "venue",
    "situation": "Avant un concert, la foule se resserre sur le parvis. Les agents de sécurité s'en aperçoivent quand"
    " les portes sont déjà bloquées\N{NO-BREAK SPACE}; la densité n'est mesurée par personne.",
    "sufferers": "Le public, les agents d'accueil et les secours qui n'atteignent plus les portes.",
    "measure": "part des foules trop denses annoncées à temps",
    "unit": "%",
    "now_value": Decimal(20),
    "target_value": Decimal(70),
    "constraints": "Aucune image de personnes, aucune reconnaissance, rien de gardé au-delà de l'essai.",
    "sites": "Le parvis d'une salle de spectacle",
    "language": "fr",
}
YOURS: dict[str, Any] = {
    "title": example.TITLE,
    "spoken_for": "venue",
    "situation": "On match evenings the crowd in front of the stadium gates grows within minutes. Stewards learn of its"
    " density when people can no longer turn back.",
    "sufferers": "Supporters, families with children, stewards.",
    "measure": "share of crowds that were too dense and were told of in time",
    "unit": "%",
    "now_value": None,
    "target_value": Decimal(60),
    "constraints": "No picture of people, no recognition; advice alone, no order to anybody.",
    "sites": "The square in front of a stadium",
    "language": "en",
}
OTHERS: tuple[dict[str, Any], ...] = (
    {
        "title": "Voir plus vite une personne tombée dans le fleuve" + MARK,
        "spoken_for": "fire",
        "situation": "La nuit, une chute depuis le quai n'est signalée que si un passant la voit. Les sauveteurs"
        " arrivent en moyenne après plus de dix minutes.",
        "sufferers": "Les personnes qui tombent à l'eau, et les sauveteurs.",
        "measure": "minutes entre la chute et l'alerte",
        "unit": "min",
        "now_value": Decimal(11),
        "target_value": Decimal(2),
        "sites": "Deux quais de la rive droite",
        "language": "fr",
    },
    {
        "title": "Lead people out of a station filled with smoke (demonstration)",
        "spoken_for": "transport",
        "situation": "When smoke fills a station, fixed signs send people towards the smoke as often as away from it.",
        "sufferers": "Passengers, and station staff who stay behind.",
        "measure": "time until a platform is empty",
        "unit": "s",
        "now_value": Decimal(410),
        "target_value": Decimal(240),
        "sites": "One underground station",
        "language": "en",
    },
)

LEAD = "densite-sas"  # what the first chain's lead is made of
SOURCES: tuple[Told, ...] = (
    Told(
        path="villes.rss",
        format="feed",
        name="Lettre des villes calmes (RSS)",
        news=(
            News(
                slug=LEAD,
                title="Densité SAS mesure la densité d'une foule sur un parvis, sans image",
                text="Des capteurs posés sur des mâts mesurent la densité de la foule devant une salle de spectacle et"
                " conseillent les agents de sécurité une minute avant que les portes soient bloquées.",
                organisation="Densité SAS",
                country="FR",
                language="fr",
                day="10",
            ),
            News(
                slug="eclairage",
                title="Un éclairage qui baisse quand la rue est vide",
                text="À l'essai dans trois rues\N{NO-BREAK SPACE}: l'éclairage suit les passants et économise"
                " l'électricité.",
                organisation="Villes calmes",
                country="FR",
                language="fr",
                day="11",
            ),
        ),
    ),
    Told(
        path="lab.atom",
        format="feed",
        name="Station lab notes (Atom)",
        news=(
            News(
                slug="smoke-signs",
                title="Moving signs lead people out of a station filled with smoke",
                text="Signs that follow the smoke empty a station platform in half the time of fixed signs.",
                organisation="Station lab",
                country="GB",
                language="en",
                day="02",
            ),
        ),
    ),
    Told(
        path="oai",
        format="oai",
        name="Archive des Essais (OAI-PMH)",
        news=(
            News(
                slug="fibre",
                title="Mesurer la densité d'une foule par une fibre optique sous la chaussée",
                text="Une fibre posée sous un parvis entend les pas et mesure la densité de la foule sans image.",
                organisation="Université des Essais",
                country="FR",
                language="fr",
                day="05",
            ),
        ),
    ),
    Told(
        path="openalex",
        format="openalex",
        name="OpenAlex: crowd safety",
        news=(
            News(
                slug="crush",
                title="Early warning of a dense crowd in front of stadium gates",
                text="A trend of counts warns stewards that a crowd at the gates of a stadium will be too dense two"
                " minutes ahead.",
                organisation="University of Trials",
                country="NL",
                language="en",
                day="14",
            ),
        ),
    ),
    Told(
        path="cordis.json",
        format="cordis",
        name="CORDIS: safer cities",
        news=(
            News(
                slug="quays",
                title="Sensors against drowning on river quays",
                text="Ropes with sensors call rescuers at night when somebody falls into the river from a quay.",
                organisation="Institut des Essais",
                country="BE",
                language="en",
                day="01",
            ),
        ),
    ),
    Told(
        path="ted.json",
        format="ted",
        name="TED: notices on crowds",
        news=(
            News(
                slug="ted-places",
                title="Capteurs de densité de foule pour places publiques",
                text="Fourniture de capteurs qui mesurent la densité de la foule sur une place, sans la filmer.",
                organisation="Ville d'Essai",
                country="FR",
                language="fr",
                day="18",
            ),
        ),
    ),
    Told(
        path="patents.xml",
        format="patents",
        name="Patents: density of crowds",
        news=(
            News(
                slug="radar",
                title="Device for measuring the density of a crowd at gates",
                text="A radar and a computer measure the density of a crowd in front of gates of a stadium without any"
                " picture and advise stewards.",
                organisation="FLOT LABS LTD",
                country="GB",
                language="en",
                day="09",
            ),
        ),
    ),
    Told(
        path="essais.html",
        format="page",
        name="Ville d'Essai\N{NO-BREAK SPACE}: essais en cours",
        news=(
            News(
                slug="page",
                title="Essais en cours",
                text="La ville essaie sur deux places publiques des capteurs qui mesurent la densité de la foule et"
                " préviennent les agents de sécurité sans filmer personne.",
                organisation="Ville d'Essai",
                country="FR",
                language="fr",
                day="20",
            ),
        ),
    ),
)

CHALLENGE = "Conseiller à temps quand un parvis se remplit" + MARK
BRIEF = (
    "Un conseil par minute\N{NO-BREAK SPACE}: de 0, tout va bien, à 3, on n'entre plus. Des nombres seuls,"
    " jamais d'images. Le site est un parvis\N{NO-BREAK SPACE}; l'essai dure une soirée, jouée en accéléré."
)
CALL = "Foules devant les salles\N{NO-BREAK SPACE}: un essai en accéléré" + MARK
FIRST = {
    "organisation": "Densité SAS",
    "title": "Conseil à temps pour un parvis" + MARK,
    "summary": "Nous comptons sans image et disons à quel point un parvis est plein, une minute avant qu'il soit trop"
    " tard. Entreprise inventée pour la démonstration.",
    "contact_name": "Densité SAS",
    "contact_email": "essais@densite.invalid",
}
TRIAL = "Une soirée sur le parvis, en accéléré" + MARK
HYPOTHESIS = "Le conseil annonce un parvis trop plein à temps, sept fois sur dix au moins."
ADOPTER, PLACE = "La ville" + MARK, "Le parvis de la salle"
SECOND = "Alerter avant deux minutes" + MARK
OPEN_CALL = "Quais et stations\N{NO-BREAK SPACE}: appel à projets" + MARK
HACKATHON = "Nec Mergitur" + MARK
PLAYED = "Nec Mergitur, l'édition passée" + MARK
SIGNS = "Signs that lead away from smoke" + MARK_EN
SIGNS_BRIEF = "A sign that knows where the smoke is, and says the other way. It works when the network does not."
# What surrounds the first chain: money of the grant in euros, evidence, a comparison, a project that was given up.
LINES: tuple[tuple[str, int, bool], ...] = (
    ("Essai sur le parvis\N{NO-BREAK SPACE}: licence, pose, mesure" + MARK, 18_000, True),
    ("Hackathon\N{NO-BREAK SPACE}: salle, repas, prix" + MARK, 42_000, False),
    ("Accompagnement des équipes, une année" + MARK, 60_000, False),
)
PAID_EUR = 1_200
EVIDENCE: tuple[dict[str, str], ...] = (
    {
        "criterion": "documented",
        "url": "https://densite.invalid/guide",
        "note": "Guide de pose et de lecture des conseils, relu par deux agents. Inventé pour la démonstration.",
    },
    {
        "criterion": "tested",
        "url": "https://densite.invalid/tests",
        "note": "Tests du compteur sur des soirées enregistrées, lancés devant nous. Inventé pour la démonstration.",
    },
)
GIVEN_UP: dict[str, Any] = {
    "organisation": "Atelier des Amarres",
    "title": "Des bouées qui entendent une chute" + MARK,
    "summary": "Des bouées posées le long du quai entendent une chute dans l'eau et appellent les sauveteurs. On"
    " mesurerait les minutes entre la chute et l'alerte. Entreprise inventée pour la démonstration.",
    "contact_name": "Atelier des Amarres",
    "contact_email": "essais@amarres.invalid",
}
TAKEN_WHY = "L'idée répond au besoin, et se vérifie sur un quai en quelques nuits (démonstration)."
GIVEN_UP_WHY = (
    "Le bruit des bateaux couvre celui d'une chute\N{NO-BREAK SPACE}: trois nuits d'enregistrements, huit chutes de"
    " mannequin, deux entendues. Nous arrêtons ici (démonstration)."
)
COMPARISON: dict[str, str] = {
    "title": "Mesurer une foule sur un parvis\N{NO-BREAK SPACE}: trois manières" + MARK,
    "summary": "Lu dans ce que disent les vendeurs et les chercheurs, et dans notre essai pour celle qui en a eu un."
    " Inventé pour la démonstration.",
    "language": "fr",
}
FIBRE, PLACES = "Une fibre optique sous la chaussée", "Des capteurs pour places publiques"
COMPARED: tuple[dict[str, str], ...] = (
    {"name": FIBRE, "organisation": "Université des Essais", "country": "FR", "url": "https://archive.invalid/fibre"},
    {"name": PLACES, "organisation": "Ville d'Essai", "country": "FR", "url": "https://ted.invalid/places"},
)
ASKED = (
    ("Sans image de personnes", "Rien de ce qui est mesuré ne montre quelqu'un."),
    ("Prévient avant que les portes soient bloquées", "Une minute au moins avant."),
    ("Mesuré sur le terrain", "Par quelqu'un d'autre que le vendeur."),
)
MARKS: dict[str, tuple[tuple[str, str], ...]] = {
    "Densité SAS": (
        ("yes", "Des nombres seuls\N{NO-BREAK SPACE}: vérifié sur ce que la clé a envoyé."),
        ("yes", "Le rapport de notre essai compte les foules annoncées à temps."),
        ("yes", "Notre essai, rapport fixé au registre."),
    ),
    FIBRE: (
        ("yes", "La fibre entend des pas, elle ne voit rien."),
        ("partly", "L'article mesure la densité, pas l'avance de l'alerte."),
        ("no", "En laboratoire seulement, selon l'article."),
    ),
    PLACES: (
        ("yes", "L'avis de marché l'exige."),
        ("", ""),
        ("partly", "Deux places, chiffres de la ville elle-même."),
    ),
}
# Of the played hackathon's challenges: falls into water, and smoke.
AT_THE_WATER = (
    "Une corde qui sent une chute",
    "Un radar sous le pont",
    "Une bouée qui appelle",
    "Un capteur de cris, sans enregistrer de voix",
)
IN_SMOKE = (
    "Des flèches qui changent de sens",
    "Une voix qui guide vers la sortie",
    "Des lampes au sol contre la fumée",
    "Un plan que les pompiers lisent d'un regard",
)
PARTNERS: tuple[dict[str, Any], ...] = (
    {
        "name": "Salle des Essais" + MARK,
        "kind": "private",
        "about": "Une salle de spectacle inventée\N{NO-BREAK SPACE}: 2 000 places, un parvis.",
        "site": {"name": "Parvis", "address": "1 place des Essais", "capacity": 2000, "hosts": ["counting", "power"]},
    },
    {
        "name": "Port de la ville" + MARK,
        "kind": "public",
        "about": "Des quais inventés, ouverts aux essais la nuit.",
        "site": {"name": "Quai nord", "address": "Quai nord", "capacity": 400, "hosts": ["lidar", "exercises"]},
    },
)
