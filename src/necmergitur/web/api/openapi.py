"""The OpenAPI document: ours, and the two paths that the live process serves at the same address."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

_ANSWERS = {
    "401": {"description": "Device or credential unknown"},
    "413": {"description": "More than 2,048 bytes"},
    "503": {"description": "Nothing was recorded: the lamp stays dark, repeat"},
}
_BOOT = {"name": "boot_id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
_SEQ = {"name": "seq", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
_DEVICE = {"name": "device", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 64}}

# Served by the live process (live/presses.py), not by Django: thousands a second, answered after the commit.
PRESSES: dict[str, Any] = {
    "/api/v1/presses": {
        "post": {
            "operationId": "press",
            "summary": "Press a personal button",
            "description": "Repeat the same press until the lamp is lit. `lit` comes only after the database commit.",
            "tags": ["presses"],
            "security": [{"DeviceCredential": []}],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["device", "boot_id", "seq"],
                            "properties": {
                                "device": {"type": "string", "maxLength": 64},
                                "boot_id": {"type": "integer", "minimum": 0},
                                "seq": {"type": "integer", "minimum": 0},
                                "kind": {
                                    "type": "string",
                                    "enum": ["sos", "medical", "fire", "violence", "cancel", "test"],
                                    "default": "sos",
                                },
                                "claimed_time": {"type": "string", "format": "date-time", "nullable": True},
                                "position": {
                                    "type": "object",
                                    "nullable": True,
                                    "properties": {
                                        "lon": {"type": "number"},
                                        "lat": {"type": "number"},
                                        "accuracy_m": {"type": "number"},
                                    },
                                },
                                "pin": {"type": "string", "nullable": True, "description": "only with kind cancel"},
                            },
                        }
                    }
                },
            },
            "responses": {
                "200": {"description": "The same press again: same answer"},
                "201": {"description": "Recorded: the lamp is lit"},
                **_ANSWERS,
            },
        }
    },
    "/api/v1/presses/{device}/{boot_id}/{seq}": {
        "get": {
            "operationId": "press_seen",
            "summary": "Has a person seen this press?",
            "tags": ["presses"],
            "security": [{"DeviceCredential": []}],
            "parameters": [_DEVICE, _BOOT, _SEQ],
            "responses": {
                "200": {"description": "`seen` is true once a person looked"},
                "404": {"description": "No such press, or not this device's"},
                "503": {"description": "Try again"},
            },
        }
    },
}


class Api(NinjaAPI):
    """NinjaAPI whose document also tells what the live process serves."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the document with the paths of presses added."""
        document = super().get_openapi_schema(**options)
        document["paths"] |= PRESSES
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["DeviceCredential"] = {
            "type": "http",
            "scheme": "bearer",
            "description": "The credential of one device, given once at its enrolment.",
        }
        return document
