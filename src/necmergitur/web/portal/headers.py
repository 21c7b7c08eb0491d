"""Headers no library here sets."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# Only the position (a call for help may carry one) and passkeys are ever asked of a browser, and only by our own pages.
PERMISSIONS = ", ".join(
    [
        *(
            f"{feature}=()"
            for feature in (
                "camera",
                "microphone",
                "payment",
                "usb",
                "serial",
                "display-capture",
            )
        ),
        *(
            f"{feature}=(self)"
            for feature in (
                "geolocation",
                "publickey-credentials-get",
                "publickey-credentials-create",
            )
        ),
    ]
)


def permissions_policy(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Tell the browser which of its powers these pages may ever ask for."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response

    return middleware
