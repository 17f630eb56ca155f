# ruff: noqa: E501 - the rows of tables read better whole
"""Kafka's versions before 4.2, as facts: what their brokers serve, and which defaults they have.

A cluster may be made to look like one of them; `metadata/kafka_version` says how far. A row has a
column for each of VERSIONS. Taken from the jars of 3.6.2, 3.7.2, 3.8.1, 3.9.1, 4.0.0, 4.1.0 and
4.2.0: ApiKeys of a broker's listener without unstable versions, the ConfigDefs of
AbstractKafkaConfig (before 4.0 KafkaConfig) and LogConfig, MetadataVersion and Feature.
"""

VERSIONS = ("3.6", "3.7", "3.8", "3.9", "4.0", "4.1", "4.2")

HIGHEST = """\
Produce 0 9 10 11 11 12 13 13
Fetch 1 15 16 16 17 17 18 18
ListOffsets 2 8 8 8 9 10 10 11
Metadata 3 12 12 12 12 13 13 13
OffsetCommit 8 8 9 9 9 9 9 10
OffsetFetch 9 8 9 9 9 9 9 10
FindCoordinator 10 4 4 5 6 6 6 6
DescribeGroups 15 5 5 5 5 6 6 6
ListGroups 16 4 4 5 5 5 5 5
ApiVersions 18 3 3 3 4 4 4 4
InitProducerId 22 4 4 5 5 5 5 5
AddPartitionsToTxn 24 4 4 5 5 5 5 5
AddOffsetsToTxn 25 3 3 4 4 4 4 4
EndTxn 26 3 3 4 4 5 5 5
WriteTxnMarkers 27 1 1 1 1 1 1 2
TxnOffsetCommit 28 3 3 4 4 5 5 5
AlterPartitionReassignments 45 0 0 0 0 0 1 1
DescribeQuorum 55 1 1 1 2 2 2 2
UpdateFeatures 57 1 1 1 1 2 2 2
DescribeCluster 60 0 1 1 1 2 2 2
ListTransactions 66 0 0 1 1 1 2 2
ConsumerGroupHeartbeat 68 - 0 0 0 1 1 1
ConsumerGroupDescribe 69 - - 0 0 1 1 1
GetTelemetrySubscriptions 71 - 0 0 0 0 0 0
PushTelemetry 72 - 0 0 0 0 0 0
ListConfigResources 74 - 0 0 0 0 1 1
DescribeTopicPartitions 75 - - 0 0 0 0 0
ShareGroupHeartbeat 76 - - - - - 1 1
ShareGroupDescribe 77 - - - - - 1 1
ShareFetch 78 - - - - - 1 2
ShareAcknowledge 79 - - - - - 1 2
AddRaftVoter 80 - - - 0 0 0 1
RemoveRaftVoter 81 - - - 0 0 0 0
InitializeShareGroupState 83 - - - - - 0 0
ReadShareGroupState 84 - - - - - 0 0
WriteShareGroupState 85 - - - - - 0 1
DeleteShareGroupState 86 - - - - - 0 0
ReadShareGroupStateSummary 87 - - - - - 0 1
StreamsGroupHeartbeat 88 - - - - - - 0
StreamsGroupDescribe 89 - - - - - - 0
DescribeShareGroupOffsets 90 - - - - - 0 1
AlterShareGroupOffsets 91 - - - - - 0 0
DeleteShareGroupOffsets 92 - - - - - 0 0
"""
"""name, key, the highest version of the API; - where there is none. What isn't here never changed."""

SINCE = """\
3.7 group.coordinator.rebalance.protocols
3.7 ssl.allow.dn.changes
3.7 ssl.allow.san.changes
3.7 telemetry.max.bytes
3.8 compression.gzip.level
3.8 compression.lz4.level
3.8 compression.zstd.level
3.8 controller.quorum.bootstrap.servers
3.8 group.consumer.migration.policy
3.8 group.coordinator.append.linger.ms
3.8 log.dir.failure.timeout.ms
3.8 log.initial.task.delay.ms
3.8 max.request.partition.size.limit
3.8 remote.fetch.max.wait.ms
3.8 remote.log.manager.copier.thread.pool.size
3.8 remote.log.manager.copy.max.bytes.per.second
3.8 remote.log.manager.copy.quota.window.num
3.8 remote.log.manager.copy.quota.window.size.seconds
3.8 remote.log.manager.expiration.thread.pool.size
3.8 remote.log.manager.fetch.max.bytes.per.second
3.8 remote.log.manager.fetch.quota.window.num
3.8 remote.log.manager.fetch.quota.window.size.seconds
3.8 unstable.feature.versions.enable
3.9 group.share.delivery.count.limit
3.9 group.share.enable
3.9 group.share.heartbeat.interval.ms
3.9 group.share.max.heartbeat.interval.ms
3.9 group.share.max.record.lock.duration.ms
3.9 group.share.max.session.timeout.ms
3.9 group.share.max.size
3.9 group.share.min.heartbeat.interval.ms
3.9 group.share.min.record.lock.duration.ms
3.9 group.share.min.session.timeout.ms
3.9 group.share.partition.max.record.locks
3.9 group.share.record.lock.duration.ms
3.9 group.share.session.timeout.ms
3.9 remote.log.copy.disable
3.9 remote.log.delete.on.disable
3.9 unclean.leader.election.interval.ms
4.0 add.partitions.to.txn.retry.backoff.max.ms
4.0 add.partitions.to.txn.retry.backoff.ms
4.0 controller.performance.always.log.threshold.ms
4.0 controller.performance.sample.period.ms
4.0 group.share.persister.class.name
4.0 remote.list.offsets.request.timeout.ms
4.0 share.coordinator.append.linger.ms
4.0 share.coordinator.load.buffer.size
4.0 share.coordinator.snapshot.update.records.per.snapshot
4.0 share.coordinator.state.topic.compression.codec
4.0 share.coordinator.state.topic.min.isr
4.0 share.coordinator.state.topic.num.partitions
4.0 share.coordinator.state.topic.prune.interval.ms
4.0 share.coordinator.state.topic.replication.factor
4.0 share.coordinator.state.topic.segment.bytes
4.0 share.coordinator.threads
4.0 share.coordinator.write.timeout.ms
4.0 share.fetch.purgatory.purge.interval.requests
4.1 group.consumer.regex.refresh.interval.ms
4.1 group.share.assignors
4.1 group.share.max.share.sessions
4.1 group.streams.heartbeat.interval.ms
4.1 group.streams.max.heartbeat.interval.ms
4.1 group.streams.max.session.timeout.ms
4.1 group.streams.max.size
4.1 group.streams.max.standby.replicas
4.1 group.streams.min.heartbeat.interval.ms
4.1 group.streams.min.session.timeout.ms
4.1 group.streams.num.standby.replicas
4.1 group.streams.session.timeout.ms
4.1 internal.metadata.delete.delay.millis
4.1 internal.metadata.log.segment.bytes
4.1 internal.metadata.max.batch.size.in.bytes
4.1 internal.metadata.max.fetch.size.in.bytes
4.1 internal.segment.bytes
4.1 sasl.oauthbearer.assertion.algorithm
4.1 sasl.oauthbearer.assertion.claim.aud
4.1 sasl.oauthbearer.assertion.claim.exp.seconds
4.1 sasl.oauthbearer.assertion.claim.iss
4.1 sasl.oauthbearer.assertion.claim.jti.include
4.1 sasl.oauthbearer.assertion.claim.nbf.seconds
4.1 sasl.oauthbearer.assertion.claim.sub
4.1 sasl.oauthbearer.assertion.file
4.1 sasl.oauthbearer.assertion.private.key.file
4.1 sasl.oauthbearer.assertion.private.key.passphrase
4.1 sasl.oauthbearer.assertion.template.file
4.1 sasl.oauthbearer.client.credentials.client.id
4.1 sasl.oauthbearer.client.credentials.client.secret
4.1 sasl.oauthbearer.jwt.retriever.class
4.1 sasl.oauthbearer.jwt.validator.class
4.1 sasl.oauthbearer.scope
4.1 share.coordinator.cold.partition.snapshot.interval.ms
4.1 transaction.two.phase.commit.enable
4.2 config.providers
4.2 controller.quorum.auto.join.enable
4.2 group.share.initialize.retry.interval.ms
4.2 group.streams.initial.rebalance.delay.ms
4.2 remote.log.manager.follower.thread.pool.size
"""
"""The first version that has the setting, of brokers and of topics. The others are older than 3.6."""

DEFAULTS = """\
group.consumer.migration.policy ~ ~ disabled disabled bidirectional bidirectional bidirectional
group.coordinator.rebalance.protocols ~ classic classic classic classic,consumer classic,consumer,streams classic,consumer,streams
group.coordinator.threads 1 1 1 1 4 4 4
group.share.partition.max.record.locks ~ ~ ~ 200 200 2000 2000
log.message.timestamp.after.max.ms 9223372036854775807 9223372036854775807 9223372036854775807 9223372036854775807 3600000 3600000 3600000
num.recovery.threads.per.data.dir 1 1 1 1 2 2 2
remote.log.manager.copier.thread.pool.size ~ ~ 10 -1 10 10 10
remote.log.manager.expiration.thread.pool.size ~ ~ 10 -1 10 10 10
remote.log.manager.thread.pool.size 10 10 10 10 2 2 2
share.coordinator.append.linger.ms ~ ~ ~ ~ 10 5 -1
"""
"""Defaults of brokers that have changed; ~ where there is no such setting.

Left out: group.consumer.assignors, whose older values are names of classes with the same meaning,
and group.coordinator.append.linger.ms, which belonged to another coordinator before 4.0.
"""

FEATURES = """\
metadata.version 1:14 1:19 1:20 1:21 7:25 7:27 7:29
kraft.version ~ ~ ~ 0:1 0:1 0:1 0:1
transaction.version ~ ~ ~ ~ 0:2 0:2 0:2
group.version ~ ~ ~ ~ 0:1 0:1 0:1
eligible.leader.replicas.version ~ ~ ~ ~ 0:1 0:1 0:1
share.version ~ ~ ~ ~ ~ 0:1 0:1
streams.version ~ ~ ~ ~ ~ ~ 0:1
"""
"""The levels that a broker supports."""
