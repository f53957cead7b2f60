"""Headers on every answer: what a browser may load, keep and tell others."""

from __future__ import annotations

from aiohttp import web

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def set_headers(response: web.StreamResponse, form_targets: str, *, keep: bool) -> None:
    """`form_targets`: where forms may lead, redirects included; `keep`: caches may store it."""
    headers = response.headers
    headers["Content-Security-Policy"] = f"{_CSP}; form-action 'self' {form_targets}".strip()
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cache-Control"] = "public, max-age=86400" if keep else "no-store"
