"""P@10 of a need, week by week: a bar each, its part that was judged drawn behind. What it shows is said in words."""

from collections.abc import Sequence

from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from necmergitur.web.watch.judging import Week

WIDTH, HEIGHT, HEAD, FOOT, LEFT = 544, 136, 22, 18, 44
BAR, GAP = 34, 8


def plot(weeks: Sequence[Week]) -> SafeString:
    """Return the drawing as SVG."""
    tall = HEIGHT - HEAD - FOOT
    bars = format_html_join(
        "",
        '<rect class="weeks__judged" x="{0}" y="{1}" width="{2}" height="{3}"/>'
        '<rect class="weeks__good" x="{0}" y="{4}" width="{2}" height="{5}"/>'
        '<text class="weeks__day" x="{6}" y="{7}">{8}</text>',
        [
            (
                LEFT + at * (BAR + GAP),
                f"{HEAD + tall * (1 - week.judged / week.shown):.1f}",
                BAR,
                f"{tall * week.judged / week.shown:.1f}",
                f"{HEAD + tall * (1 - week.precision):.1f}",
                f"{tall * week.precision:.1f}",
                LEFT + at * (BAR + GAP) + BAR // 2,
                HEIGHT - 3,
                week.monday.strftime("%d/%m"),
            )
            for at, week in enumerate(weeks)
        ],
    )
    return format_html(
        '<svg class="weeks" viewBox="0 0 {wide} {high}" role="img" aria-label="{said}">'
        '<path class="weeks__line" d="M{left} {floor}H{wide}"/>{bars}'
        '<text class="weeks__axis weeks__axis--word" x="0" y="12">{axis}</text>'
        '<text class="weeks__axis weeks__axis--count" x="{tick}" y="{top}">{most}</text>'
        '<text class="weeks__axis weeks__axis--count" x="{tick}" y="{floor}">0</text></svg>',
        wide=WIDTH,
        high=HEIGHT,
        said=said(weeks),
        left=LEFT,
        floor=HEAD + tall,
        bars=bars,
        axis=_("↑ of the first ten: relevant (dark), judged (pale) · → week of"),
        tick=LEFT - 6,
        top=HEAD + 10,
        most=_("%(n)s%%") % {"n": 100},
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
