// Administration, by one admin client for each cluster.
'use strict'

const { AssignerProtocol, ConfigResourceTypes } = require('kafkajs')
const { kafka } = require('./common')

const DEFAULT_CONFIG = 5 // ConfigSource: nobody set it
const TOPIC_CONFIG = 1
const NOT_YET = new Set(['NOT_LEADER_FOR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION'])
const PATIENCE_MS = 60_000
const PAUSE_MS = 50
const admins = new Map()

async function adminOf(bootstrap) {
  if (!admins.has(bootstrap)) {
    const admin = kafka(bootstrap).admin()
    await admin.connect()
    admins.set(bootstrap, admin)
  }
  return admins.get(bootstrap)
}

async function closeAll() {
  for (const admin of admins.values()) await admin.disconnect()
}

/** First offset and the one that comes next. */
async function ends(admin, topic, partition) {
  const told = (await admin.fetchTopicOffsets(topic)).find((p) => p.partition === partition)
  return [Number(told.low), Number(told.high)]
}

/** First offset at or after a time, or null: kafkajs gives the end's where there is none. */
async function offsetAt(admin, topic, partition, at) {
  const told = await admin.fetchTopicOffsetsByTimestamp(topic, at)
  const found = Number(told.find((p) => p.partition === partition).offset)
  const [, end] = await ends(admin, topic, partition)
  return found < end ? found : null
}

async function committed(admin, groupId) {
  const rows = []
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
    for (const { partition, offset } of partitions) {
      if (offset !== '-1') rows.push([topic, partition, Number(offset)])
    }
  }
  return rows
}

async function create(admin, asked) {
  const made = await admin.createTopics({
    validateOnly: asked.validate_only,
    waitForLeaders: false,
    topics: [{
      topic: asked.topic,
      numPartitions: asked.assignment ? -1 : asked.partitions,
      replicationFactor: asked.assignment ? -1 : asked.replication,
      replicaAssignment: (asked.assignment ?? []).map((replicas, partition) =>
        ({ partition, replicas })),
      configEntries: Object.entries(asked.configs).map(([name, value]) => ({ name, value })),
    }],
  })
  if (!made) throw { type: 'TOPIC_ALREADY_EXISTS' } // kafkajs says no more than false
  if (!asked.validate_only) await allLead(admin, asked.topic)
}

/**
 * A broker may learn a moment later that it leads. If one partition refuses, kafkajs sends the
 * whole request again, and then the others have it twice; so wait until all leaders answer.
 */
async function allLead(admin, topic) {
  for (let left = PATIENCE_MS / PAUSE_MS; ; left--) {
    try {
      await admin.fetchTopicOffsets(topic)
      return
    } catch (error) {
      if (!NOT_YET.has(error.type) || left <= 0) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

async function describeTopic(admin, topic) {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  return topics[0].partitions.map((p) => [p.partitionId, p.leader, p.replicas, p.isr])
}

async function deleteRecords(admin, [topic, partition, offset]) {
  await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
  return (await ends(admin, topic, partition))[0]
}

async function entries(admin, kind, name) {
  const type = kind === 'broker' ? ConfigResourceTypes.BROKER : ConfigResourceTypes.TOPIC
  const told = await admin.describeConfigs({ resources: [{ type, name }] })
  return told.resources[0].configEntries
}

async function configs(admin, asked) {
  const found = {}
  for (const entry of await entries(admin, asked.kind, asked.name)) {
    const source = entry.configSource
    found[entry.configName] = [entry.configValue, source === DEFAULT_CONFIG, entry.readOnly]
  }
  return found
}

/** kafkajs has only AlterConfigs, which replaces all; so what stays is sent along. */
async function alterConfigs(admin, asked) {
  const wanted = new Map()
  for (const entry of await entries(admin, asked.kind, asked.name)) {
    if (entry.configSource === TOPIC_CONFIG) wanted.set(entry.configName, entry.configValue)
  }
  for (const [name, value] of Object.entries(asked.set)) wanted.set(name, value)
  for (const name of asked.delete) wanted.delete(name)
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{
      type: ConfigResourceTypes.TOPIC,
      name: asked.name,
      configEntries: [...wanted].map(([name, value]) => ({ name, value })),
    }],
  })
}

async function describeGroup(admin, group) {
  const [told] = (await admin.describeGroups([group])).groups
  const members = told.members.map(({ memberAssignment }) => {
    const decoded = AssignerProtocol.MemberAssignment.decode(memberAssignment)
    const rows = Object.entries(decoded?.assignment ?? {})
    return [null, rows.flatMap(([topic, partitions]) => partitions.map((p) => [topic, p]))]
  })
  return { state: told.state.toLowerCase(), protocol: told.protocol, members }
}

async function setGroupOffsets(admin, groupId, at) {
  const topics = new Map()
  for (const [topic, partition, offset] of at) {
    if (!topics.has(topic)) topics.set(topic, [])
    topics.get(topic).push({ partition, offset: String(offset) })
  }
  for (const [topic, partitions] of topics) {
    await admin.setOffsets({ groupId, topic, partitions })
  }
}

async function cluster(admin) {
  const told = await admin.describeCluster()
  const brokers = Object.fromEntries(told.brokers.map((b) => [b.nodeId, b.port]))
  return { id: told.clusterId, controller: told.controller, brokers }
}

async function administer(asked) {
  const admin = await adminOf(asked.bootstrap)
  switch (asked.verb) {
    case 'create_topic': return create(admin, asked)
    case 'delete_topic': return admin.deleteTopics({ topics: [asked.topic] })
    case 'topics': return admin.listTopics()
    case 'describe_topic': return describeTopic(admin, asked.topic)
    case 'add_partitions':
      await admin.createPartitions({
        topicPartitions: [{ topic: asked.topic, count: asked.total }],
      })
      return null
    case 'delete_records': return deleteRecords(admin, asked.at[0])
    case 'configs': return configs(admin, asked)
    case 'alter_configs': return alterConfigs(admin, asked)
    case 'groups': return (await admin.listGroups()).groups.map(({ groupId }) => groupId)
    case 'describe_group': return describeGroup(admin, asked.group)
    case 'group_offsets': return committed(admin, asked.group)
    case 'set_group_offsets': return setGroupOffsets(admin, asked.group, asked.at)
    case 'delete_group':
      await admin.deleteGroups([asked.group])
      return null
    case 'cluster': return cluster(admin)
  }
  throw new Error(`no such verb: ${asked.verb}`)
}

module.exports = { adminOf, administer, closeAll, committed, ends, offsetAt }
