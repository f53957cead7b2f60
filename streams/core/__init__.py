"""The engine's core: lanes, batches, windows, timers and looks. Knows neither Faust nor Kafka."""
