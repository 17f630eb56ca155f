"""KRaft: the consensus core, quorum-state, snapshots. Floor 2; deterministic, without I/O."""
