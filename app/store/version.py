"""The version of the store's tables this program writes (SQLite's `user_version`)."""

VERSION = 1
