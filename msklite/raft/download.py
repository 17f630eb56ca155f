"""A snapshot that a follower fetches in pieces, because its leader's log begins too late for it.

    wanted      the leader named it in answer to a Fetch; FetchSnapshot asks for piece after piece
    whole       all pieces are here: `Ready.snapshot` hands the file to the shell, which checks it,
                puts it on the disk and says `installed`, or `not_installed`
    none        fetching goes on behind it

Rules:
- Until the shell says `installed` the old log stays as it was, so an interrupted download leaves
  nothing behind: it is forgotten, and the next Fetch is told again what to do.
- A change of role or leader ends a download, but not the installing of a whole one: what is in a
  snapshot was committed, whoever leads. Meanwhile nothing is fetched.
- Pieces are kept in memory; Kafka (KafkaRaftClient, handleFetchSnapshotResponse) keeps them in a
  `.part` file. The whole image is going to be there too, and a crash leaves no file to clear up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msklite.raft.messages import FetchSnapshotReply, OffsetEpoch


@dataclass(slots=True)
class Download:
    """See above."""

    at: OffsetEpoch
    data: bytearray = field(default_factory=bytearray)
    whole: bool = False

    def take(self, reply: FetchSnapshotReply) -> bool:
        """Add a piece; False when it doesn't fit to what we have: begin anew."""
        fits = (
            not self.whole
            and reply.snapshot == self.at
            and reply.position == len(self.data)
            and 0 < len(reply.data) <= reply.size - len(self.data)
        )
        if fits:
            self.data += reply.data
            self.whole = len(self.data) == reply.size
        return fits
