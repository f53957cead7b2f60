"""Who may do what: passwords, sessions, roles, protection of forms, headers."""
