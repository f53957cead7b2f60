"""Messages beside reminders and thank-yous: letters of law, plans, pre-notifications, answers."""
