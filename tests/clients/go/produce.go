package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// wireRecord is a record as it travels here; json writes bytes in base64 and nil as null.
type wireRecord struct {
	Topic     string   `json:"topic"`
	Key       []byte   `json:"key"`
	Value     []byte   `json:"value"`
	Headers   []header `json:"headers"`
	Timestamp *int64   `json:"timestamp"`
	Partition *int32   `json:"partition"`
	Offset    int64    `json:"offset"`
}

// header is [name, value].
type header struct {
	name  string
	value []byte
}

func (h *header) UnmarshalJSON(data []byte) error {
	var parts [2]json.RawMessage
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	if err := json.Unmarshal(parts[0], &h.name); err != nil {
		return err
	}
	return json.Unmarshal(parts[1], &h.value)
}

func (h header) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{h.name, h.value})
}

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

var acks = map[string]kgo.Acks{"0": kgo.NoAck(), "1": kgo.LeaderAck(), "all": kgo.AllISRAcks()}

func produce(ctx context.Context, asked *request) (any, error) {
	options := []kgo.Opt{
		kgo.SeedBrokers(brokers(asked.Bootstrap)...),
		kgo.ProducerBatchCompression(codecs[asked.Codec]),
		kgo.RequiredAcks(acks[asked.Acks]),
		kgo.ProducerBatchMaxBytes(asked.MaxBytes),
		kgo.AllowAutoTopicCreation(),
		kgo.UnknownTopicRetries(3),
		kgo.MetadataMinAge(50 * time.Millisecond),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	}
	if len(asked.Records) > 0 && asked.Records[0].Partition == nil {
		options = append(options, kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))
	}
	if !asked.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	// RecordDeliveryTimeout counts from a record's timestamp, and ours may be old.
	ctx, cancel := context.WithTimeout(ctx, time.Duration(asked.TimeoutMs)*time.Millisecond)
	defer cancel()
	records := make([]*kgo.Record, 0, len(asked.Records))
	for _, record := range asked.Records {
		records = append(records, outgoing(asked.Topic, record))
	}
	// Results come in the order of completion, so the records themselves are read.
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return nil, err
	}
	placed := make([][2]int64, 0, len(records))
	for _, record := range records {
		offset := record.Offset
		if asked.Acks == "0" {
			offset = -1 // nothing was said, and franz-go leaves what it had
		}
		placed = append(placed, [2]int64{int64(record.Partition), offset})
	}
	return placed, nil
}

func outgoing(topic string, record wireRecord) *kgo.Record {
	made := &kgo.Record{Topic: topic, Key: record.Key, Value: record.Value}
	for _, h := range record.Headers {
		made.Headers = append(made.Headers, kgo.RecordHeader{Key: h.name, Value: h.value})
	}
	if record.Timestamp != nil {
		made.Timestamp = time.UnixMilli(*record.Timestamp)
	}
	if record.Partition != nil {
		made.Partition = *record.Partition
	}
	return made
}
