"""Whole zones, shells and cores alike, in one thread from one seed.

    loop      an asyncio event loop on virtual time, with a shuffled ready queue
    process   a simulated operating-system process: killed, frozen and thawed as a whole
    network   connections in memory: late, in pieces, cut, reset, half open
    storage   disks that survive processes, and lose at a power loss what wasn't synced
    clock     clocks that drift and jump, and seeded randomness
    cluster   zones as processes on machines with a disk
    client    producers, consumers, group members and administrators that speak Kafka
    txns      clients that write, copy and read in transactions
    voters    an administrator who takes controllers out of the quorum and puts them back
    model     what clients were promised, and the checks of what they see
    invariants  what is checked in the zones after every event
    nemesis   what goes wrong, and when
    world     one run of it all; `python -m tests.sim SEED` replays one with its trace
    faults    planted faults, to test that the simulator finds them

Everything is decided by the seed. Same seed, same trace, under any PYTHONHASHSEED.
"""
