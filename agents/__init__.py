"""Thin shells between the log and the rules: decode, load, call one domain function, store, emit."""
