// Transactions. kafkajs asks for its epoch when the first one begins.
'use strict'

const { kafka, bytes } = require('./common')

const open = new Map()
let last = 0

/** kafkajs doesn't ask again while the transaction before is still ending. */
async function patiently(ask) {
  for (let turn = 0; ; turn++) {
    try {
      return await ask()
    } catch (error) {
      if (error.type !== 'CONCURRENT_TRANSACTIONS' || turn >= 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function transact(asked) {
  if (asked.verb === 'txn_open') {
    const producer = kafka(asked.bootstrap).producer({
      transactionalId: asked.name,
      transactionTimeout: asked.timeout_ms,
      idempotent: true,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    open.set(++last, { producer, transaction: null })
    return last
  }
  const one = open.get(asked.id)
  switch (asked.verb) {
    case 'txn_init': return null
    case 'txn_begin': one.transaction = await one.producer.transaction(); return null
    case 'txn_send':
      await one.transaction.send({
        topic: asked.topic,
        messages: asked.records.map((record) => ({
          key: bytes(record.key), value: bytes(record.value), partition: record.partition,
        })),
      })
      return null
    case 'txn_offsets': {
      const topics = asked.at.map(([topic, partition, offset]) => (
        { topic, partitions: [{ partition, offset: String(offset) }] }
      ))
      await patiently(() => one.transaction.sendOffsets({ consumerGroupId: asked.group, topics }))
      return null
    }
    case 'txn_commit': await one.transaction.commit(); return null
    case 'txn_abort': await one.transaction.abort(); return null
    default:
      open.delete(asked.id)
      await one.producer.disconnect()
      return null
  }
}

module.exports = { transact }
