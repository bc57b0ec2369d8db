"""Texts of a certain shape: names, keys, globs. What is wrong with one is said in words, and not as an expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

SHOWN = 60  # characters of a text that is wrong


@dataclass(frozen=True, slots=True)
class Shape:
    """What a text matches as a whole, as metadata: `Annotated[str, Shape(...)]`. `words` say what such a text is."""

    pattern: str
    words: str

    def check(self, text: str) -> str:
        """The text. Raises `ValueError` where it does not have the shape."""
        if re.fullmatch(self.pattern, text) is None:
            raise ValueError(f"{text[:SHOWN]!r} is not {self.words}")
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """For pydantic: checked after it is known to be a text."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """For pydantic: editors check the pattern."""
        return {**handler(schema), "pattern": f"^{self.pattern}$"}
