"""Bytes on the wire: frames, the table of APIs, messages, record batches."""
