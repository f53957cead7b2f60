"""Settings, clock, ids, logging, metrics, crypto: what every part may use."""
