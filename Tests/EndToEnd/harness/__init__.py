"""Shared by the end-to-end tests: the built server, its users, and real browsers."""
