"""How a project's tasks are given out: one function for each policy, and this table of them."""

POLICIES = {"manual": None}
