"""What pages show of things and bookings: a week as days with hours, in the reader's words."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from necmergitur.innovation import booking
from necmergitur.innovation.booking import Span
from necmergitur.web.commons import bookings, who, words
from necmergitur.web.commons.models import DESK, Booking, Thing


def thing(one: Thing) -> dict[str, Any]:
    """Return a thing in the reader's language."""
    return {
        "row": one,
        "name": words.said(one, "name"),
        "about": words.said(one, "about"),
        "days": words.days(one.days),
        "whole_day": one.hours.whole_day,
    }


def monday_of(request: HttpRequest, now: datetime, things: Iterable[Thing] = ()) -> date:
    """Return the Monday of the week to show.

    That is the week turned to while a booking was written, the one a booking was asked for, or `?week=2026-11-30`: any
    day of it. For anything else it is the week of the next hour at which one of these things is to be had.
    """
    local = timezone.localtime(now, bookings.zone()).date()
    for said in (request.POST.get("week"), request.POST.get("begins"), request.GET.get("week")):
        try:
            asked = date.fromisoformat((said or "")[:10])
        except ValueError:
            continue
        # Beyond a year either way nobody books, and arithmetic with days ends somewhere.
        if abs(asked - local) <= booking.AHEAD_MOST:
            return booking.week_of(asked)
    days = (booking.next_open(one.hours, now, bookings.zone()) for one in things)
    return booking.week_of(min((day for day in days if day is not None), default=local))


def week(things: list[Thing], monday: date, *, names: bool = False) -> dict[str, Any]:
    """Return a week: its days, and for each thing what is taken when. `names`: with who has it, for the desk."""
    begins = datetime.combine(monday, datetime.min.time(), bookings.zone())
    held = bookings.week(things, begins)
    days = [monday + timedelta(days=number) for number in range(7)]
    today = timezone.localdate(timezone=bookings.zone())
    called: dict[tuple[str, str], str] = {}
    if names:
        rows = {row.pk: row for cells in held.values() for cell in cells for row in cell}
        called = who.names((row.asker, row.asker_ref) for row in rows.values() if row.asker_ref)
    return {
        "days": days,
        "before": (monday - timedelta(days=7)).isoformat(),
        "after": (monday + timedelta(days=7)).isoformat(),
        "rows": [
            {
                "thing": thing(one),
                "cells": [
                    {
                        "day": day,
                        "open": day.weekday() in one.days,
                        "past": day < today,
                        "taken": [_taken(row, day, called if names else None) for row in cell],
                    }
                    for day, cell in zip(days, held[one.pk], strict=True)
                ],
            }
            for one in things
        ],
    }


def _taken(row: Booking, day: date, called: dict[tuple[str, str], str] | None) -> dict[str, Any]:
    begins, ends = (timezone.localtime(at, bookings.zone()) for at in (row.begins, row.ends))
    said = {
        "from": begins.strftime("%H:%M") if begins.date() == day else "00:00",
        "until": ends.strftime("%H:%M") if ends.date() == day else "24:00",
        "asked": row.state == booking.State.ASKED,
        "who": "",
        "pk": row.pk,
    }
    if called is not None:
        said["who"] = named(row, called)
    return said


def named(row: Booking, called: dict[tuple[str, str], str]) -> str:
    """Return who has a booking, as the desk calls them."""
    if row.asker == DESK:
        return _("The desk")
    return called.get((row.asker, row.asker_ref)) or _("Somebody who was erased, or left")


def told(rows: list[Booking]) -> list[dict[str, Any]]:
    """Return bookings as lists show them."""
    called = who.names((row.asker, row.asker_ref) for row in rows if row.asker_ref)
    return [
        {
            "row": row,
            "thing": words.said(row.thing, "name"),
            "span": span((row.begins, row.ends)),
            "who": named(row, called),
            "tone": words.STATES[row.state][0],
            "word": words.STATES[row.state][1],
            "holds": row.state in booking.HOLDS,
            "asked": row.state == booking.State.ASKED,
        }
        for row in rows
    ]


def span(of: Span) -> str:
    """Return a time from one hour to another: the day once where it is one day."""
    begins, ends = (timezone.localtime(at, bookings.zone()) for at in of)
    first = date_format(begins, "l j F Y, H:i")
    last = date_format(ends, "H:i") if begins.date() == ends.date() else date_format(ends, "l j F Y, H:i")
    return f"{first} – {last}"
