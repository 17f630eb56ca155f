// What all parts share: the client of one cluster, and bytes as they travel.
'use strict'

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = require('kafkajs')

CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy')
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

function kafka(bootstrap) {
  return new Kafka({
    clientId: 'kafkajs',
    brokers: bootstrap.split(','),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 6 },
  })
}

const bytes = (text) => (text === null ? null : Buffer.from(text, 'base64'))
const text = (data) => (data === null || data === undefined ? null : data.toString('base64'))

module.exports = { kafka, bytes, text }
