"""The group coordinator's core: classic groups and committed offsets. Floor 3, no I/O.

`machine.GroupMachine` is the way in; `broker/runtime` hosts one for each partition of
`__consumer_offsets`.
"""
