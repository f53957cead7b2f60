"""Thin shells between log and rules: decode, load, call one domain function, store, emit."""
