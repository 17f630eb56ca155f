// Consuming. kafkajs pushes and always is in a group; what it pushes waits here to be polled.
'use strict'

const { AssignerProtocol, PartitionAssigners } = require('kafkajs')
const { kafka, text } = require('./common')
const { adminOf, committed, ends, offsetAt } = require('./admin')

const consumers = new Map()
let last = 0

const tpKey = (topic, partition) => `${topic}/${partition}`

/** An assigner that gives a group's only member just these partitions: assignment by hand. */
function byHand(wanted) {
  const { MemberAssignment, MemberMetadata } = AssignerProtocol
  const userData = Buffer.alloc(0)
  return () => ({
    name: 'by-hand',
    version: 0,
    async assign({ members }) {
      return members.map(({ memberId }) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({ version: 0, assignment: wanted, userData }),
      }))
    },
    protocol({ topics }) {
      return { name: 'by-hand', metadata: MemberMetadata.encode({ version: 0, topics, userData }) }
    },
  })
}

class Reader {
  constructor(setup) {
    this.setup = setup
    this.consumer = null
    this.reset_()
  }

  reset_() {
    this.queue = []
    this.owned = []
    this.paused = new Set()
    this.polled = new Map()
    this.seen = []
    this.crashed = null
    this.wake = () => {}
  }

  async start(groupId, assigner, topics) {
    await this.close()
    this.reset_()
    const { setup } = this
    this.consumer = kafka(setup.bootstrap).consumer({
      groupId,
      partitionAssigners: [assigner],
      sessionTimeout: setup.session_ms,
      heartbeatInterval: setup.heartbeat_ms,
      maxWaitTimeInMs: 50,
      readUncommitted: setup.isolation === 'read_uncommitted',
      allowAutoTopicCreation: false,
    })
    this.consumer.on('consumer.group_join', ({ payload }) => this.joined(payload.memberAssignment))
    this.consumer.on('consumer.rebalancing', () => this.given())
    this.consumer.on('consumer.crash', ({ payload }) => {
      if (!payload.restart) this.crashed = payload.error
      this.wake()
    })
    await this.consumer.connect()
    await this.consumer.subscribe({ topics, fromBeginning: setup.reset === 'earliest' })
    await this.consumer.run({
      autoCommit: false,
      eachMessage: async ({ topic, partition, message }) => this.pushed(topic, partition, message),
    })
  }

  /** Its assignor is eager: with a rebalance all goes, and what wasn't polled comes again. */
  given() {
    if (this.owned.length > 0) this.seen.push(['revoked', this.owned])
    this.owned = []
    this.queue = []
  }

  joined(assignment) {
    this.given()
    this.polled.clear()
    for (const [topic, partitions] of Object.entries(assignment)) {
      for (const partition of partitions) this.owned.push([topic, partition])
    }
    this.seen.push(['assigned', this.owned])
  }

  pushed(topic, partition, message) {
    const headers = []
    for (const [name, values] of Object.entries(message.headers)) {
      for (const value of Array.isArray(values) ? values : [values]) {
        headers.push([name, text(value)])
      }
    }
    this.queue.push({
      topic, partition, headers,
      key: text(message.key),
      value: text(message.value),
      offset: Number(message.offset),
      timestamp: Number(message.timestamp),
    })
    this.wake()
  }

  async poll(ms) {
    const readable = (r) => !this.paused.has(tpKey(r.topic, r.partition))
    const deadline = Date.now() + ms
    while (!this.crashed && !this.queue.some(readable)) {
      const left = deadline - Date.now()
      if (left <= 0) break
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left)
        this.wake = () => { clearTimeout(timer); resolve() }
      })
    }
    if (this.crashed) throw this.crashed
    const records = this.queue.filter(readable)
    this.queue = this.queue.filter((r) => !readable(r))
    for (const { topic, partition, offset } of records) {
      this.polled.set(tpKey(topic, partition), { topic, partition, offset: String(offset + 1) })
    }
    return records
  }

  async assign(at) {
    const wanted = {}
    for (const [topic, partition] of at) (wanted[topic] ??= []).push(partition)
    const admin = await adminOf(this.setup.bootstrap)
    const starts = []
    for (const [topic, partition, where] of at) {
      const [low, high] = await ends(admin, topic, partition)
      const offset = { earliest: low, latest: high }[where] ?? where
      starts.push({ topic, partition, offset: String(offset) })
    }
    // In a group of its own, because without one there is no consumer.
    const group = this.setup.group ?? `by-hand-${process.pid}-${Math.random().toString(36).slice(2)}`
    await this.start(group, byHand(wanted), Object.keys(wanted))
    for (const start of starts) this.seek(start)
  }

  seek({ topic, partition, offset }) {
    this.consumer.seek({ topic, partition, offset })
    this.queue = this.queue.filter((r) => r.topic !== topic || r.partition !== partition)
  }

  async commit(at) {
    const offsets = at === null
      ? [...this.polled.values()]
      : at.map(([topic, partition, offset]) => ({ topic, partition, offset: String(offset) }))
    await this.consumer.commitOffsets(offsets)
  }

  async close() {
    const { consumer } = this
    this.consumer = null
    if (consumer) await consumer.disconnect()
  }
}

async function read(asked) {
  if (asked.verb === 'consumer') {
    consumers.set(++last, new Reader(asked))
    return last
  }
  const reader = consumers.get(asked.id)
  const { bootstrap, group } = reader.setup
  switch (asked.verb) {
    case 'assign': return reader.assign(asked.at)
    case 'subscribe': return reader.start(group, PartitionAssigners.roundRobin, asked.topics)
    case 'poll': return reader.poll(asked.ms)
    case 'assignment': return reader.owned
    case 'events': return reader.seen.splice(0)
    case 'seek':
      return reader.seek({
        topic: asked.at[0][0], partition: asked.at[0][1], offset: String(asked.at[0][2]),
      })
    case 'pause':
      for (const [topic, partition] of asked.tps) {
        reader.consumer.pause([{ topic, partitions: [partition] }])
        reader.paused.add(tpKey(topic, partition))
      }
      return null
    case 'resume':
      for (const [topic, partition] of asked.tps) {
        reader.consumer.resume([{ topic, partitions: [partition] }])
        reader.paused.delete(tpKey(topic, partition))
      }
      return null
    case 'commit': return reader.commit(asked.at)
    case 'close':
      consumers.delete(asked.id)
      return reader.close()
  }
  return offsets(asked, await adminOf(bootstrap), group)
}

/** What kafkajs tells by its admin client only. */
async function offsets(asked, admin, group) {
  const found = []
  switch (asked.verb) {
    case 'times':
      for (const [topic, partition, at] of asked.at) {
        found.push([topic, partition, await offsetAt(admin, topic, partition, at)])
      }
      return found
    case 'ends':
      for (const [topic, partition] of asked.tps) {
        found.push([topic, partition, ...(await ends(admin, topic, partition))])
      }
      return found
    case 'committed': {
      const there = new Map(
        (await committed(admin, group)).map(([topic, p, at]) => [tpKey(topic, p), at]))
      return asked.tps.map(([topic, p]) => [topic, p, there.get(tpKey(topic, p)) ?? null])
    }
  }
  throw new Error(`no such verb: ${asked.verb}`)
}

async function closeConsumers() {
  for (const reader of consumers.values()) await reader.close()
}

module.exports = { read, closeConsumers }
