"""An amount as people type it: with a comma or a point, and its thousands apart or not."""

import re
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

TYPED_MAX = 40  # ours: longer than any amount
# Groups of three, all set apart by the same sign, which is not the one before the cents. Two digits after a space are
# a slip of the hand: of 100 and of 10,000 nobody can tell which was meant.
_AMOUNT = re.compile(
    r"(?P<sign>-?)(?P<whole>[0-9]+|[0-9]{1,3}(?P<apart>[ .,'])[0-9]{3}(?:(?P=apart)[0-9]{3})*)"
    r"(?:(?P<mark>[.,])(?P<rest>[0-9]+))?"
)


_TWO_WAYS = re.compile(r"(?P<first>-?[1-9][0-9]{0,2})[.,](?P<last>[0-9]{3})")  # one sign: of thousands, or of cents?


def _tidy(typed: str) -> str:
    return " ".join(typed.strip().strip("€").replace("’", "'").split())


def plain(typed: str) -> str | None:
    """Return an amount as figures with a point; None when nobody can tell what was meant."""
    if len(typed) > TYPED_MAX:
        return None
    tidy = _tidy(typed)
    found = _AMOUNT.fullmatch(tidy)
    if found is None or (found["apart"] and found["apart"] == found["mark"]) or _TWO_WAYS.fullmatch(tidy):
        return None
    whole = re.sub(r"[^0-9]", "", found["whole"])
    return f"{found['sign']}{whole}.{found['rest']}" if found["rest"] else f"{found['sign']}{whole}"


class Amount(forms.DecimalField):
    """Euros as people of each language write them; what was typed stays in the form as it was typed."""

    widget = forms.TextInput
    default_error_messages: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "invalid": _("Write an amount in figures, as 1200.50 or 1 200,50."),
        "two_ways": _("%(typed)s may be read two ways: write %(plain)s or %(apart)s."),
    }

    def to_python(self, value: Any) -> Any:
        """Return the amount. Raises ValidationError on what is none."""
        if value in self.empty_values or not isinstance(value, str):
            return super().to_python(value)
        if found := _TWO_WAYS.fullmatch(_tidy(value)):
            first, last = found["first"], found["last"]
            said = {"typed": value.strip(), "plain": f"{first}{last}", "apart": f"{first}\N{NO-BREAK SPACE}{last}"}
            raise ValidationError(self.error_messages["two_ways"], "two_ways", said)
        return super().to_python(plain(value) or "?")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask a telephone for its keys with figures and a comma."""
        return super().widget_attrs(widget) | {"inputmode": "decimal", "autocomplete": "off"}
