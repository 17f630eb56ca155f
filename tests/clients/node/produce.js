// Producing. kafkajs makes one batch of all that one call sends to a partition.
'use strict'

const { CompressionTypes, Partitioners } = require('kafkajs')
const { kafka, bytes } = require('./common')

const CODECS = {
  none: CompressionTypes.None, gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy,
}
const HIGHEST = 1_000_000 // a topic's max.message.bytes is a little above
const ACKS = { 0: 0, 1: 1, all: -1 }

function outgoing(record) {
  const headers = {}
  for (const [name, value] of record.headers) headers[name] = bytes(value)
  return {
    key: bytes(record.key),
    value: bytes(record.value),
    headers,
    ...(record.timestamp === null ? {} : { timestamp: String(record.timestamp) }),
    ...(record.partition === null ? {} : { partition: record.partition }),
  }
}

/** The default partitioner, which notes what it chose: the reply tells only where batches begin. */
function noting(chosen) {
  return () => {
    const choose = Partitioners.DefaultPartitioner()
    return (asked) => {
      const partition = choose(asked)
      chosen.push(partition)
      return partition
    }
  }
}

/** As many records as go into one request; kafkajs itself doesn't split what it is given. */
function* portions(records, maxBytes) {
  let portion = []
  let size = 0
  for (const record of records) {
    const next = (record.value ?? '').length * 0.75 + 100
    if (portion.length > 0 && size + next > maxBytes) {
      yield portion
      portion = []
      size = 0
    }
    portion.push(record)
    size += next
  }
  yield portion
}

async function produce(asked) {
  const chosen = []
  const producer = kafka(asked.bootstrap).producer({
    idempotent: asked.idempotent,
    createPartitioner: noting(chosen),
    ...(asked.idempotent ? { maxInFlightRequests: 1 } : {}),
  })
  await producer.connect()
  try {
    const placed = []
    for (const records of portions(asked.records, Math.min(asked.max_bytes, HIGHEST))) {
      const told = await producer.send({
        topic: asked.topic,
        acks: ACKS[asked.acks],
        timeout: asked.timeout_ms,
        compression: CODECS[asked.codec],
        messages: records.map(outgoing),
      })
      placed.push(...places(told, chosen.splice(0).slice(-records.length), asked.acks))
    }
    return placed
  } finally {
    await producer.disconnect()
  }
}

/** Partition and offset of each record, by where the batches begin. */
function places(told, partitions, acks) {
  const next = new Map(told.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]))
  return partitions.map((partition) => {
    if (acks === '0') return [partition, -1]
    const offset = next.get(partition)
    next.set(partition, offset + 1)
    return [partition, offset]
  })
}

module.exports = { produce }
