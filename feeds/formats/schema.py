"""The JSON Schema of the catalog, by which editors complete and check: draft-07, made from the models themselves.

https://json-schema.org/draft-07/json-schema-release-notes . An editor reads YAML 1.2, where `2012` is a number; the
strict reader takes it as text. So the schema allows for every text what an editor may see in its place.
"""

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from feeds.core.catalog import CatalogFile, UserEntry

# Entries that are required, or stand in a list; all others may have nothing behind their key.
_NEVER_NOTHING = {"Network", "UserEntry", "VideoEntry"}


class _Draft07(GenerateJsonSchema):
    schema_dialect = "http://json-schema.org/draft-07/schema#"


def render(which: str) -> str:
    """Render the schema of "catalog" (catalog.yaml) or "user" (a file with one user)."""
    model: type[BaseModel] = CatalogFile if which == "catalog" else UserEntry
    schema = model.model_json_schema(by_alias=True, schema_generator=_Draft07, ref_template="#/definitions/{model}")
    schema["definitions"] = schema.pop("$defs")
    schema = {"$schema": _Draft07.schema_dialect, **_plain(schema)}
    for name, definition in schema["definitions"].items():
        if name not in _NEVER_NOTHING:
            definition["type"] = ["object", "null"]
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _plain(schema: Any) -> Any:
    """Take out what editors show and nobody needs: titles made from keys, and defaults that only say "absent".

    A key with nothing behind it counts as absent, so every key that isn't required may have nothing.
    """
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        key: _plain(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value in (None, [], {}, ""))
    }
    if plain.get("type") == "object" and "properties" in plain:
        required = plain.get("required", [])
        plain["properties"] = {
            key: value if key in required else _or_nothing(value) for key, value in plain["properties"].items()
        }
    return plain


def _or_nothing(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return schema
    nothing = {"type": "null"}
    if "anyOf" in schema:
        choices = schema["anyOf"]
        if "$ref" in choices[0]:  # said of the definition, so that an editor underlines the fault and not all around it
            return dict(choices[0])
        return schema if nothing in choices else {**schema, "anyOf": [*choices, nothing]}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return schema if "null" in types else {**schema, "type": [*types, "null"]}
