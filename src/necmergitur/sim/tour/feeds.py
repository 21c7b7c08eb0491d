"""The invented sources' bodies, each in the format of its kind, and a page for each thing they tell of."""

import json
from collections.abc import Callable
from html import escape

from necmergitur.sim.tour.story import SOURCES, News, Told

_SPOKEN = {"FR": "FRA", "GB": "GBR", "NL": "NLD", "BE": "BEL"}


def body(path: str, base: str) -> tuple[str, str] | None:
    """Return the content type and body of what is served at a path; None for nothing. `base` ends with a slash."""
    for source in SOURCES:
        if source.path == path:
            return _WRITERS[path](source, base)
    found = next((one for source in SOURCES for one in source.news if f"item/{one.slug}" == path), None)
    return None if found is None else ("text/html", _item(found))


def _item(one: News) -> str:
    return (
        f'<!doctype html><html lang="{one.language}"><head>'
        f'<meta charset="utf-8"><title>{escape(one.title)}</title></head>'
        f"<body><main><h1>{escape(one.title)}</h1><p>{escape(one.text)}</p><p>{escape(one.organisation)}</p>"
        "<p>Inventé pour la démonstration. Invented for the demonstration.</p></main></body></html>"
    )


def _rss(source: Told, base: str) -> tuple[str, str]:
    items = "".join(
        f"<item><title>{escape(one.title)}</title><link>{base}item/{one.slug}</link><description>{escape(one.text)}"
        f"</description><dc:publisher>{escape(one.organisation)}</dc:publisher><pubDate>"
        f"{one.day} Nov 2026 08:30:00 +0100"
        f'</pubDate><guid isPermaLink="false">demo-{one.slug}</guid></item>'
        for one in source.news
    )
    return "application/rss+xml", (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{escape(source.name)}</title><link>{base}</link><language>fr-FR</language>{items}</channel></rss>"
    )


def _atom(source: Told, base: str) -> tuple[str, str]:
    entries = "".join(
        f"<entry><title>{escape(one.title)}</title><id>tag:demo.invalid,2026:{one.slug}</id>"
        f'<link rel="alternate" href="{base}item/{one.slug}"/><published>2026-11-{one.day}T10:00:00+01:00</published>'
        f"<summary>{escape(one.text)}</summary></entry>"
        for one in source.news
    )
    return "application/atom+xml", (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        f"<title>{escape(source.name)}</title><id>tag:demo.invalid,2026:feed</id>{entries}</feed>"
    )


def _oai(source: Told, base: str) -> tuple[str, str]:
    records = "".join(
        f"<record><header><identifier>oai:demo.invalid:{one.slug}</identifier><datestamp>2026-11-{one.day}</datestamp>"
        '</header><metadata><oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(one.title)}</dc:title>'
        f"<dc:description>{escape(one.text)}</dc:description><dc:publisher>{escape(one.organisation)}</dc:publisher>"
        f"<dc:identifier>{base}item/{one.slug}</dc:identifier><dc:language>fra</dc:language>"
        f"<dc:date>2026-11-{one.day}</dc:date></oai_dc:dc></metadata></record>"
        for one in source.news
    )
    return "text/xml", (
        '<?xml version="1.0" encoding="UTF-8"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f'<responseDate>2026-11-20T10:00:00Z</responseDate><request verb="ListRecords">{base}oai</request>'
        f"<ListRecords>{records}</ListRecords></OAI-PMH>"
    )


def _openalex(source: Told, base: str) -> tuple[str, str]:
    found = []
    for number, one in enumerate(source.news):
        places: dict[str, list[int]] = {}
        for place, word in enumerate(one.text.split()):
            places.setdefault(word, []).append(place)
        institution = {"display_name": one.organisation, "country_code": one.country}
        found.append(
            {
                "id": f"https://openalex.org/W990000000{number}",
                "title": one.title,
                "publication_date": f"2026-11-{one.day}",
                "language": one.language,
                "primary_location": {"landing_page_url": f"{base}item/{one.slug}"},
                "authorships": [{"institutions": [institution]}],
                "abstract_inverted_index": places,
            }
        )
    return "application/json", json.dumps({"meta": {"count": len(found), "next_cursor": None}, "results": found})


def _cordis(source: Told, _base: str) -> tuple[str, str]:
    return "application/json", json.dumps(
        [
            {
                "id": f"10199900{number}",
                "acronym": one.slug.upper(),
                "title": one.title,
                "objective": one.text,
                "startDate": f"2026-11-{one.day}",
            }
            for number, one in enumerate(source.news)
        ]
    )


def _ted(source: Told, base: str) -> tuple[str, str]:
    notices = [
        {
            "publication-number": f"71234{number}-2026",
            "notice-title": {"fra": one.title},
            "buyer-name": {"fra": [one.organisation]},
            "buyer-country": [_SPOKEN[one.country]],
            "publication-date": f"2026-11-{one.day}+01:00",
            "description-lot": {"fra": [one.text]},
            "links": {"html": {"FRA": f"{base}item/{one.slug}"}},
        }
        for number, one in enumerate(source.news)
    ]
    return "application/json", json.dumps({"notices": notices, "totalNoticeCount": len(notices)})


def _patents(source: Told, _base: str) -> tuple[str, str]:
    documents = "".join(
        f'<exchange-document system="ops.epo.org" family-id="9900000{number}" country="{one.country}"'
        f' doc-number="399999{number}" kind="A1"><bibliographic-data><publication-reference>'
        f'<document-id document-id-type="docdb"><country>{one.country}</country><doc-number>399999{number}</doc-number>'
        f"<kind>A1</kind><date>202611{one.day}</date></document-id></publication-reference><parties><applicants>"
        f'<applicant data-format="epodoc" sequence="1"><applicant-name><name>{escape(one.organisation)} [{one.country}]'
        f'</name></applicant-name></applicant></applicants></parties><invention-title lang="{one.language}">'
        f'{escape(one.title)}</invention-title></bibliographic-data><abstract lang="{one.language}">'
        f"<p>{escape(one.text)}</p></abstract></exchange-document>"
        for number, one in enumerate(source.news)
    )
    return "text/xml", (
        '<?xml version="1.0" encoding="UTF-8"?><ops:world-patent-data xmlns="http://www.epo.org/exchange"'
        f' xmlns:ops="http://ops.epo.org"><exchange-documents>{documents}</exchange-documents></ops:world-patent-data>'
    )


def _page(source: Told, _base: str) -> tuple[str, str]:
    parts = "".join(f"<p>{escape(one.text)}</p>" for one in source.news)
    return "text/html", (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{escape(source.name)}</title></head>'
        f"<body><main><h1>{escape(source.news[0].title)}</h1>{parts}</main></body></html>"
    )


_WRITERS: dict[str, Callable[[Told, str], tuple[str, str]]] = {
    "villes.rss": _rss,
    "lab.atom": _atom,
    "oai": _oai,
    "openalex": _openalex,
    "cordis.json": _cordis,
    "ted.json": _ted,
    "patents.xml": _patents,
    "essais.html": _page,
}
