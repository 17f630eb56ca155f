"""The transaction coordinator's core: a state machine over `__transaction_state`. Floor 3, no I/O.

`machine.TxnMachine` is the way in; `broker/txn_runtime` hosts one for each of its partitions.
"""
