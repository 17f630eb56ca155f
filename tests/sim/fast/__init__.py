"""The second world: the cores of the quorum and of replication alone, without shells or a loop.

`quorums` runs `raft` on a bad network and bad disks, `brokers` runs partitions, fetch sessions and
the fetch handler between three brokers. `python -m tests.sim.fast SEED` replays a seed of both,
`--count N` runs more from there and says how many events a second that is.
"""
