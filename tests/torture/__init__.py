"""Claimers by the dozen, killed at random together with whatever they talk to; then everything is counted.

    stage      puts the tasks in, and the bots that claim them        faults     what is done to them meanwhile
    claimer    a program that claims, works and keeps a journal       audit      what has to hold afterwards
    run        all of it, for as long as it takes                     __main__   `make torture`

`tests/journeys/test_claimers.py` is a short form of the same.
"""
