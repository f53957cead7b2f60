"""What one request carries along from the outer layers to the handlers and back."""

from __future__ import annotations

from aiohttp import web

from api.security.users import User

#: Who is logged in; absent until somebody asks, None for nobody.
USER: web.RequestKey[User | None] = web.RequestKey("user", object)  # type: ignore[arg-type]
#: The cookie that belongs to the forms of the page.
FORM_SEED: web.RequestKey[str] = web.RequestKey("form_seed", str)
#: Other origins that forms of the page may lead to.
FORM_TARGETS: web.RequestKey[str] = web.RequestKey("form_targets", str)
