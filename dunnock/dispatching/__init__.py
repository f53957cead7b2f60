"""Messages from the log to the gateways: at most once each, and the receipts back to the log."""
