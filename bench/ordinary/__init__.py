"""The same endpoints as most Django services are written: ModelViewSet, ModelSerializer, JWTAuthentication, pages.

On Djirgo's own tables, so that both pay for the same indexes.
"""
