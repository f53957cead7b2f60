"""Fees as receivables of their own: statutory tables, letters that must lapse, waivers."""
