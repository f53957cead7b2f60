"""Pages for staff. Every page works without JavaScript and says how old its data is."""
