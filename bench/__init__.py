"""How fast Djirgo is, as ratios taken in one run.

    djirgo      the program as it is shipped
    floor       a bare WSGI function under the same server: the same token, the same SQL, psycopg or sqlite3, orjson
    ordinary    the same endpoints as most Django services are written: ModelViewSet, ModelSerializer, page numbers

The three run side by side on one database and are asked in turn, round after round; the median of the rounds counts,
and the spread is told. Beside requests a second stands the CPU that a request costs, server and database together, as
the operating system counts it: on a small shared machine that is the steadier figure.

    python -m bench                                   everything, into build/bench.json and docs/performance.md
    python -m bench --database sqlite --tasks 20000 --rounds 2 --seconds 1 --growth       a first impression
"""
