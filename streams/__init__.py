"""The Faust side of the log: app, topics, codec, and the engine that makes Faust fast and safe."""
