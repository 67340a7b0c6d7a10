"""The ways a statement takes to a server, and the database each topic has for each."""

WAYS = ("psql", "text", "binary")
USER = "postgres"


def database(name, way):
    return f"c_{name}_{way}"
