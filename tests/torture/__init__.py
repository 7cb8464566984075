"""Programs send, claim and listen; whatever they work with breaks at random; then everything is counted.

    ground     servers, a disk, and the ways to them      faults     what is done to all of it: the table
    scene      the processes, started and looked after    rules      what has to hold: the list
    stage      what is there before                       audit      looks, with `claimed`, `promised` and `heard`
    claimer    claims and works                           planted    bugs that have to be caught
    sender     puts tasks in, now or later                plants     where and by what they are
    run        all of it, for as long as it takes         __main__   `make torture`

The consumer is `djirgo consume --json`. `tests/journeys/test_claimers.py` is a short form of the same.
"""
