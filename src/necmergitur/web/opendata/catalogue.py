"""The catalogue as portals read it: DCAT-AP 3, in Turtle and JSON-LD."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from django.utils.translation import override
from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS, XSD, BNode, Graph, Literal, Namespace, URIRef

from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.terms import DataClause
from necmergitur.web.opendata.datasets import DATASETS, NOISE, month_bounds
from necmergitur.web.opendata.models import Release

Opened = tuple[Authorisation, DataClause]
EU = "http://publications.europa.eu/resource/authority/"
ADMS = Namespace("http://www.w3.org/ns/adms#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
LICENCE = URIRef("https://spdx.org/licenses/etalab-2.0")
CSV = URIRef("https://www.iana.org/assignments/media-types/text/csv")
PUBLIC_ACTORS = "public-actors"
LANGUAGES = {"fr": "FRA", "en": "ENG"}
FORMS = {"ttl": ("turtle", "text/turtle"), "jsonld": ("json-ld", "application/ld+json")}


class Shared(NamedTuple):
    """Data that a partner shares, from their own pages."""

    key: str
    publisher: str
    title: str
    says: str
    url: str
    licence: str  # an SPDX name; "public-actors" for none but them
    since: date
    until: date


def graph(
    base: str, city: str, releases: Iterable[Release], opened: Iterable[Opened] = (), shared: Iterable[Shared] = ()
) -> Graph:
    """Return the catalogue of a city whose pages are at `base` (ends without a slash)."""
    found = Graph()
    for prefix, space in (("dcat", DCAT), ("dct", DCTERMS), ("foaf", FOAF), ("skos", SKOS), ("spdx", SPDX)):
        found.bind(prefix, space)
    catalogue, publisher = URIRef(f"{base}/register/data/"), URIRef(f"{base}/#city")
    found.add((publisher, RDF.type, FOAF.Agent))
    found.add((publisher, FOAF.name, Literal(city or "Nec Mergitur")))
    found.add((catalogue, RDF.type, DCAT.Catalog))
    titles = {"fr": "Données ouvertes", "en": "Open data"}
    says = {
        "fr": "Des comptages qui ne disent rien de personne : appels à l’aide et vols de drones, par zone et par mois.",
        "en": "Counts that tell of nobody: calls for help and flights of drones, by zone and month.",
    }
    for language, code in LANGUAGES.items():
        found.add((catalogue, DCTERMS.title, Literal(titles[language], lang=language)))
        found.add((catalogue, DCTERMS.description, Literal(says[language], lang=language)))
        found.add((catalogue, DCTERMS.language, _typed(found, f"{EU}language/{code}", DCTERMS.LinguisticSystem)))
    found.add((catalogue, DCTERMS.publisher, publisher))
    found.add((catalogue, FOAF.homepage, _typed(found, f"{base}/register/", FOAF.Document)))
    found.add((catalogue, DCTERMS.license, _typed(found, LICENCE, DCTERMS.LicenseDocument)))
    made = list(releases)
    for slug in DATASETS:
        found.add((catalogue, DCAT.dataset, _dataset(found, base, slug, publisher, made)))
    for paper, clause in opened:
        found.add((catalogue, DCAT.dataset, _experiment(found, base, paper, clause, publisher)))
    for one in shared:
        found.add((catalogue, DCAT.dataset, _shared(found, base, one)))
    return found


def _shared(found: Graph, base: str, one: Shared) -> URIRef:
    """Add what a partner shares, under their name."""
    dataset, publisher = URIRef(f"{base}/programme/partners/#{one.key}"), BNode()
    found.add((publisher, RDF.type, FOAF.Agent))
    found.add((publisher, FOAF.name, Literal(one.publisher)))
    found.add((dataset, RDF.type, DCAT.Dataset))
    found.add((dataset, DCTERMS.identifier, Literal(str(dataset))))
    found.add((dataset, DCTERMS.title, Literal(one.title)))
    found.add((dataset, DCTERMS.description, Literal(one.says)))
    found.add((dataset, DCTERMS.publisher, publisher))
    theme = _typed(found, f"{EU}data-theme/JUST", SKOS.Concept)
    found.add((theme, SKOS.prefLabel, Literal("Justice, legal system and public safety", lang="en")))
    found.add((dataset, DCAT.theme, theme))
    rights = "RESTRICTED" if one.licence == PUBLIC_ACTORS else "PUBLIC"
    found.add((dataset, DCTERMS.accessRights, _typed(found, f"{EU}access-right/{rights}", DCTERMS.RightsStatement)))
    period = BNode()
    found.add((period, RDF.type, DCTERMS.PeriodOfTime))
    found.add((period, DCAT.startDate, Literal(one.since, datatype=XSD.date)))
    found.add((period, DCAT.endDate, Literal(one.until, datatype=XSD.date)))
    found.add((dataset, DCTERMS.temporal, period))
    where = URIRef(f"{dataset}-there")
    found.add((where, RDF.type, DCAT.Distribution))
    found.add((where, DCTERMS.title, Literal(one.title)))
    found.add((where, DCAT.accessURL, _typed(found, one.url, RDFS.Resource)))
    if one.licence != PUBLIC_ACTORS:
        spdx = f"https://spdx.org/licenses/{one.licence}"
        found.add((where, DCTERMS.license, _typed(found, spdx, DCTERMS.LicenseDocument)))
    found.add((dataset, DCAT.distribution, where))
    return dataset


def _experiment(found: Graph, base: str, paper: Authorisation, clause: DataClause, publisher: URIRef) -> URIRef:
    """Add what an experiment opens to public actors: by token, while its clause is open."""
    dataset, address = URIRef(f"{base}/register/data/#{paper.id}"), URIRef(f"{base}/api/v1/data/{paper.id}")
    found.add((dataset, RDF.type, DCAT.Dataset))
    found.add((dataset, DCTERMS.identifier, Literal(str(dataset))))
    says = {
        "fr": "Moyenne par heure et par zone, tue quand elle parle de moins de dix personnes, pour acteurs publics.",
        "en": "Mean of each hour and zone, withheld when it tells of fewer than ten people; for public actors.",
    }
    for language, code in LANGUAGES.items():
        found.add((dataset, DCTERMS.title, Literal(clause.dataset, lang=language)))
        found.add((dataset, DCTERMS.description, Literal(says[language], lang=language)))
        found.add((dataset, DCTERMS.language, _typed(found, f"{EU}language/{code}", DCTERMS.LinguisticSystem)))
    found.add((dataset, DCTERMS.publisher, publisher))
    theme = _typed(found, f"{EU}data-theme/JUST", SKOS.Concept)
    found.add((theme, SKOS.prefLabel, Literal("Justice, legal system and public safety", lang="en")))
    found.add((dataset, DCAT.theme, theme))
    found.add((dataset, DCTERMS.accessRights, _typed(found, f"{EU}access-right/RESTRICTED", DCTERMS.RightsStatement)))
    found.add((dataset, DCTERMS.accrualPeriodicity, _typed(found, f"{EU}frequency/HOURLY", DCTERMS.Frequency)))
    period = BNode()
    found.add((period, RDF.type, DCTERMS.PeriodOfTime))
    found.add((period, DCAT.startDate, Literal(paper.valid_from.date(), datatype=XSD.date)))
    found.add((period, DCAT.endDate, Literal(clause.until.date(), datatype=XSD.date)))
    found.add((dataset, DCTERMS.temporal, period))
    one = URIRef(f"{address}#api")
    found.add((one, RDF.type, DCAT.Distribution))
    found.add((one, DCTERMS.title, Literal(clause.dataset)))
    found.add((one, DCAT.accessURL, address))
    found.add((address, RDF.type, URIRef("http://www.w3.org/2000/01/rdf-schema#Resource")))
    found.add((one, DCTERMS.license, LICENCE))
    found.add((one, DCTERMS["format"], _typed(found, f"{EU}file-type/JSON", DCTERMS.MediaTypeOrExtent)))
    found.add((dataset, DCAT.distribution, one))
    return dataset


def _dataset(found: Graph, base: str, slug: str, publisher: URIRef, releases: list[Release]) -> URIRef:
    """Add one dataset with a distribution for each month."""
    dataset, own = URIRef(f"{base}/register/data/#{slug}"), [each for each in releases if each.dataset == slug]
    found.add((dataset, RDF.type, DCAT.Dataset))
    found.add((dataset, DCTERMS.identifier, Literal(str(dataset))))
    for language, code in LANGUAGES.items():
        with override(language):
            found.add((dataset, DCTERMS.title, Literal(str(DATASETS[slug].title), lang=language)))
            found.add((dataset, DCTERMS.description, Literal(str(DATASETS[slug].description), lang=language)))
        found.add((dataset, DCTERMS.language, _typed(found, f"{EU}language/{code}", DCTERMS.LinguisticSystem)))
    found.add((dataset, DCTERMS.publisher, publisher))
    theme = _typed(found, f"{EU}data-theme/JUST", SKOS.Concept)
    found.add((theme, SKOS.prefLabel, Literal("Justice, legal system and public safety", lang="en")))
    found.add((dataset, DCAT.theme, theme))
    found.add((dataset, DCTERMS.accessRights, _typed(found, f"{EU}access-right/PUBLIC", DCTERMS.RightsStatement)))
    found.add((dataset, DCTERMS.accrualPeriodicity, _typed(found, f"{EU}frequency/MONTHLY", DCTERMS.Frequency)))
    if own:
        period = BNode()
        first, last = min(each.month for each in own), max(each.month for each in own)
        found.add((period, RDF.type, DCTERMS.PeriodOfTime))
        found.add((period, DCAT.startDate, Literal(first, datatype=XSD.date)))
        found.add((period, DCAT.endDate, Literal(_last_day(last), datatype=XSD.date)))
        found.add((dataset, DCTERMS.temporal, period))
        found.add((dataset, DCTERMS.modified, Literal(max(each.made_at for each in own), datatype=XSD.dateTime)))
    for release in own:
        found.add((dataset, DCAT.distribution, _distribution(found, base, release)))
    return dataset


def _distribution(found: Graph, base: str, release: Release) -> URIRef:
    """Add one month's file, with the hash that the record keeps of it."""
    address = URIRef(f"{base}/register/data/{release.dataset}/{release.month:%Y-%m}.csv")
    one = URIRef(f"{address}#file")
    found.add((one, RDF.type, DCAT.Distribution))
    found.add((one, DCTERMS.title, Literal(f"{release.month:%Y-%m}")))
    found.add((one, DCAT.accessURL, address))
    found.add((one, DCAT.downloadURL, address))
    for each in (address,):
        found.add((each, RDF.type, URIRef("http://www.w3.org/2000/01/rdf-schema#Resource")))
    found.add((one, DCTERMS.license, LICENCE))
    found.add((one, DCTERMS.format, _typed(found, f"{EU}file-type/CSV", DCTERMS.MediaTypeOrExtent)))
    found.add((one, DCAT.mediaType, _typed(found, CSV, DCTERMS.MediaType)))
    found.add((one, DCTERMS.issued, Literal(release.made_at, datatype=XSD.dateTime)))
    found.add((one, DCAT.byteSize, Literal(len(release.text.encode()), datatype=XSD.nonNegativeInteger)))
    checksum = BNode()
    found.add((checksum, RDF.type, SPDX.Checksum))
    found.add((checksum, SPDX.algorithm, _typed(found, SPDX.checksumAlgorithm_sha256, SPDX.ChecksumAlgorithm)))
    found.add((checksum, SPDX.checksumValue, Literal(release.sha256, datatype=XSD.hexBinary)))
    found.add((one, SPDX.checksum, checksum))
    found.add((one, DCTERMS.description, Literal(_protected(release), lang="en")))
    return one


def _protected(release: Release) -> str:
    """Say how a file tells of nobody."""
    if DATASETS[release.dataset].method == NOISE:
        return f"Counts with noise: 95 in 100 are within {release.margin} of the truth (epsilon {release.epsilon:g})."
    return f"{release.withheld} counts are withheld, because they tell of fewer than ten people or would give one away."


def _last_day(month: date) -> date:
    return (month_bounds(month)[1] - timedelta(hours=1)).date()


def _typed(found: Graph, address: str, kind: URIRef) -> URIRef:
    """Return a thing others define, saying what it is."""
    thing = URIRef(address)
    found.add((thing, RDF.type, kind))
    return thing
