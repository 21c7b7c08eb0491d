"""P@10 of a need, week by week: a bar each, its part that was judged drawn behind. What it shows is said in words."""

from collections.abc import Sequence

from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from necmergitur.web.watch.judging import Week

WIDTH, HEIGHT, FOOT = 456, 98, 18
BAR, GAP = 30, 8


def plot(weeks: Sequence[Week]) -> SafeString:
    """Return the drawing as SVG."""
    tall = HEIGHT - FOOT
    bars = format_html_join(
        "",
        '<rect class="weeks__judged" x="{0}" y="{1}" width="{2}" height="{3}"/>'
        '<rect class="weeks__good" x="{0}" y="{4}" width="{2}" height="{5}"/>'
        '<text class="weeks__day" x="{6}" y="{7}">{8}</text>',
        [
            (
                at * (BAR + GAP),
                f"{tall * (1 - week.judged / week.shown):.1f}",
                BAR,
                f"{tall * week.judged / week.shown:.1f}",
                f"{tall * (1 - week.precision):.1f}",
                f"{tall * week.precision:.1f}",
                at * (BAR + GAP) + BAR // 2,
                HEIGHT - 3,
                week.monday.strftime("%d/%m"),
            )
            for at, week in enumerate(weeks)
        ],
    )
    return format_html(
        '<svg class="weeks" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<path class="weeks__line" d="M0 {}H{}"/>{}</svg>',
        WIDTH,
        HEIGHT,
        said(weeks),
        tall,
        WIDTH,
        bars,
    )


def said(weeks: Sequence[Week]) -> str:
    """Return the plot in words."""
    parts = [
        _("week of %(day)s: %(good)d of %(shown)d relevant, %(judged)d judged")
        % {
            "day": formats.date_format(week.monday, "j F"),
            "good": week.relevant,
            "shown": week.shown,
            "judged": week.judged,
        }
        for week in weeks
    ]
    return "; ".join(parts) + "."
