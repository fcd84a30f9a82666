"""The API's description as tests want it: what it says of an example, a request and an answer."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
from openapi_schema_validator import OAS31Validator, oas31_format_checker

Json = dict[str, Any]


class Operation(NamedTuple):
    """One method of one path; `about` is what is said of it."""

    method: str
    path: str
    about: Json

    def parameters(self, place: str) -> list[Json]:
        """Its parameters in query, header or path."""
        return [one for one in self.about["parameters"] if one["in"] == place]

    def bodies(self) -> Iterator[tuple[str, Any]]:
        """The examples of its body, each with its media type."""
        for media, content in self.about.get("requestBody", {}).get("content", {}).items():
            yield from ((media, example["value"]) for example in content["examples"].values())

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Described:
    """The description. Objects are closed: a member that is not described is a fault of the description."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self._closed = copy.deepcopy(document)
        for schema in _schemas(self._closed):
            if "properties" in schema:
                schema["additionalProperties"] = False

    def operations(self) -> list[Operation]:
        """Everything there is, in the order of the document; common parameters stand in their places."""
        return [
            Operation(method.upper(), path, about | {"parameters": [self.found(one) for one in about["parameters"]]})
            for path, methods in self.document["paths"].items()
            for method, about in methods.items()
        ]

    def found(self, part: Json) -> Json:
        """What a reference leads to."""
        if "$ref" not in part:
            return part
        target: Any = self._closed
        for name in part["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        return self.found(target)

    def faults(self, schema: Json, value: Any) -> list[str]:
        """Where a value is not what its schema says."""
        whole = schema | {"components": self._closed["components"]}
        errors = OAS31Validator(whole, format_checker=oas31_format_checker).iter_errors(value)
        return [f"{error.json_path}: {error.message}" for error in errors]

    def check(self, operation: Operation, answer: httpx.Response) -> None:
        """The answer is one of those described: status, headers, media type and body."""
        responses = operation.about["responses"]
        status = str(answer.status_code)
        assert status in responses, f"{operation} answers {status}: {answer.text}"
        self.check_response(responses[status], answer)

    def check_response(self, response: Json, answer: httpx.Response) -> None:
        """The answer is the one described."""
        said = self.found(response)
        for name, header in said["headers"].items():
            about = self.found(header)
            value = answer.headers.get(name)
            assert value is not None or not about.get("required"), f"{answer.url} without {name}"
            if value is not None:
                assert self.faults(about["schema"], _header_value(value, about["schema"])) == [], name
        if "content" not in said:
            assert answer.content == b""
            return
        media = answer.headers["Content-Type"].partition(";")[0]
        assert media in said["content"], (media, list(said["content"]))
        if media.endswith("json") and "ndjson" not in media:
            assert self.faults(closed(said["content"][media]["schema"]), answer.json()) == [], answer.text


def closed(schema: Json) -> Json:
    """A schema that stands at its place, made to forbid what it does not name."""
    found = copy.deepcopy(schema)
    for one in _schemas(found):
        if "properties" in one:
            one["additionalProperties"] = False
    return found


def _header_value(text: str, schema: Json) -> Any:
    return json.loads(text) if schema.get("type") == "integer" else text


def _schemas(part: Any) -> Iterator[Json]:
    if isinstance(part, dict):
        yield part
        for one in part.values():
            yield from _schemas(one)
    elif isinstance(part, list):
        for one in part:
            yield from _schemas(one)
