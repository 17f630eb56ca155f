// kafkajs, asked by lines of JSON: one verb a line, one answer a line, in the order asked.
'use strict'

const readline = require('node:readline')
const { version } = require('kafkajs/package.json')
const { administer, closeAll } = require('./admin')
const { read, closeConsumers } = require('./consume')
const { produce } = require('./produce')
const { transact } = require('./transact')

const READING = new Set([
  'consumer', 'assign', 'subscribe', 'poll', 'assignment', 'events', 'seek', 'pause', 'resume',
  'times', 'ends', 'commit', 'committed', 'close',
])

/** The broker's own word for an error, wherever kafkajs wrapped it. */
function named(error) {
  for (let depth = 0; error && depth < 10; depth++) {
    if (error.type && error.type !== 'KAFKAJS_UNKNOWN_ERROR_CODE') return error.type
    error = error.errors?.[0] ?? error.groups?.[0]?.error ?? error.partitions?.[0]?.error ??
      error.originalError ?? error.cause
  }
  return undefined
}

async function carryOut(asked) {
  if (asked.verb === 'version') return version
  if (asked.verb === 'produce') return produce(asked)
  if (asked.verb.startsWith('txn_')) return transact(asked)
  return READING.has(asked.verb) ? read(asked) : administer(asked)
}

async function answer(asked) {
  try {
    return { ok: (await carryOut(asked)) ?? null }
  } catch (error) {
    const name = named(error)
    if (name) return { refused: name, text: String(error) }
    return { failed: String(error && error.stack ? error.stack : error) }
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n')
  }
  await closeConsumers()
  await closeAll()
  process.exit(0)
}

main()
