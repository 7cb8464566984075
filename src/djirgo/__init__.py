"""Djirgo: a self-hosted task board that is also a durable work queue."""
