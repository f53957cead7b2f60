"""Clients of those who deliver messages: SMS and push over HTTP, e-mail over SMTP."""
