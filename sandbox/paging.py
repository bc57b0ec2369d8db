"""Pages of lists."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection

MAX_OFFSET = 2**62


class Page:
    """The page that a request asks for: `page` from 1, `pageSize` from 1 to 200."""

    def __init__(
        self,
        page: Annotated[int, Query(ge=1)] = 1,
        page_size: Annotated[int, Query(alias="pageSize", ge=1, le=200)] = 20,
    ) -> None:
        self.number = page
        self.size = page_size

    def of(self, connection: Connection, rows: Select[Any]) -> dict[str, Any]:
        """The contract's list body: `rows` selects the items' bodies, ordered."""
        total = connection.execute(select(func.count()).select_from(rows.order_by(None).subquery())).scalar_one()
        offset = min((self.number - 1) * self.size, MAX_OFFSET)
        items = connection.execute(rows.offset(offset).limit(self.size)).scalars().all()
        pages = -(-total // self.size)
        pagination = {"page": self.number, "pageSize": self.size, "total": total, "totalPages": pages}
        return {"items": list(items), "pagination": pagination}
