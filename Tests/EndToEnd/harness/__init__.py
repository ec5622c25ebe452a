"""What the end-to-end tests share: the built server, its users, and real browsers."""
