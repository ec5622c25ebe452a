"""Validates the responses of the server against its OpenAPI document."""

import re
from urllib.parse import urlsplit

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

METHODS = ("get", "put", "post", "patch", "delete")


class Contract:
    """Checks every response of a `requests` session: `session.hooks["response"].append(contract.check)`."""

    def __init__(self, text):
        self.document = yaml.safe_load(text)
        self._registry = Registry().with_resource("urn:openapi", DRAFT202012.create_resource(self.document))
        self._operations = []
        for path, item in self.document["paths"].items():
            pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
            for method in METHODS:
                if method in item:
                    self._operations.append((pattern, "{" in path, method, item[method]))
        self._operations.sort(key=lambda operation: operation[1])  # /v1/users/me before /v1/users/{userId}
        self.asked = set()

    def operation_ids(self):
        return set(self.tags())

    def tags(self):
        """The tag of each operation, by its operationId."""
        return {operation["operationId"]: operation["tags"][0] for *_, operation in self._operations}

    def schemas(self):
        return self.document["components"]["schemas"]

    def examples(self):
        """(where, schema, value) of every example in the document that has a schema."""
        return list(self._examples(self.document, "#"))

    def _examples(self, node, where):
        if isinstance(node, list):
            for index, item in enumerate(node):
                yield from self._examples(item, f"{where}/{index}")
        if not isinstance(node, dict):
            return
        if "schema" in node:
            if "example" in node:
                yield where, node["schema"], node["example"]
            for name, example in node.get("examples", {}).items():
                yield f"{where}/{name}", node["schema"], self._resolved(example)["value"]
        elif isinstance(node.get("examples"), list):
            for index, value in enumerate(node["examples"]):
                yield f"{where}/examples/{index}", node, value
        for key, value in node.items():
            if key not in ("example", "examples"):
                yield from self._examples(value, f"{where}/{key}")

    def check(self, response, *_, **__):
        method, path = response.request.method.lower(), urlsplit(response.request.url).path
        operation = next(
            operation for pattern, _, verb, operation in self._operations
            if verb == method and pattern.fullmatch(path))
        where = f"{operation['operationId']} {response.status_code}"
        self.asked.add(operation["operationId"])
        answers = operation["responses"]
        assert str(response.status_code) in answers, f"{where} is not in the document: {response.text[:300]}"
        answer = self._resolved(answers[str(response.status_code)])
        content = answer.get("content", {})
        if not content:
            assert not response.content, f"{where} has a body: {response.text[:300]}"
            return
        kind = response.headers["content-type"].split(";")[0]
        assert kind in content, f"{where} is {kind}, which is not in the document"
        if kind.endswith("json"):
            self.validate(content[kind]["schema"], response.json(), where)
        for name, header in answer.get("headers", {}).items():
            if self._resolved(header).get("required"):
                assert name in response.headers, f"{where} has no {name}"

    def _resolved(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def validate(self, schema, value, where):
        anchored = {"$id": "urn:answer", **absolute(schema)}
        errors = list(Draft202012Validator(anchored, registry=self._registry).iter_errors(value))
        assert not errors, f"{where}: {errors[0].json_path} {errors[0].message[:500]}"


def absolute(schema):
    """The schema with its references resolved."""
    if isinstance(schema, dict):
        return {
            key: "urn:openapi" + value if key == "$ref" and isinstance(value, str) else absolute(value)
            for key, value in schema.items()}
    if isinstance(schema, list):
        return [absolute(item) for item in schema]
    return schema
