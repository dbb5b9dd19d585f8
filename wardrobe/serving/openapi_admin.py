"""The part of the OpenAPI document under /admin."""

from wardrobe.serving.openapi_parts import Json, as_form, call, json_of

_ERRORS = ("400", "409", "413", "415", "500", "503")
_BEGUN = {"202": "Begun; GET /admin/swap says how it goes on"}


def paths(components: Json) -> Json:
    """Returns the calls under /admin, by path and method."""
    schema = components["SwapParameters"]
    form = {"application/x-www-form-urlencoded": {"schema": as_form(schema)}}
    return {
        "/admin/swap": {
            "get": call(
                "How far the last swap is, or how it ended", json_of("SwapStatus"), ("500",)
            ),
            "post": call(
                "Begin to swap to another index, and encoder",
                json_of("SwapStatus"),
                _ERRORS,
                success=_BEGUN,
                body={"content": form | json_of("SwapParameters"), "required": True},
            ),
        },
        "/admin/compact": {
            "post": call(
                "Build the vectors' index anew without what was deleted; searches go on",
                json_of("CompactStatus"),
                ("400", "413", "415", "500", "503"),
            )
        },
        "/admin/doctor": {
            "get": call(
                "What is wrong with the server, its index or its machine, and what to do",
                json_of("DoctorResponse"),
                ("500",),
            )
        },
        "/admin/rollback": {
            "post": call(
                "Begin to swap back to what was served before",
                json_of("SwapStatus"),
                _ERRORS,
                success=_BEGUN,
            )
        },
    }
