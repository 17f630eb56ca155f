package main

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// transacting are the clients with transactional ids, by number.
var transacting = map[int]*kgo.Client{}

func transact(ctx context.Context, asked *request) (any, error) {
	if asked.Verb == "txn_open" {
		client, err := kgo.NewClient(
			kgo.SeedBrokers(brokers(asked.Bootstrap)...),
			kgo.TransactionalID(asked.Name),
			kgo.TransactionTimeout(time.Duration(asked.TimeoutMs)*time.Millisecond),
			kgo.RecordPartitioner(kgo.ManualPartitioner()),
			kgo.MetadataMinAge(50*time.Millisecond),
		)
		if err != nil {
			return nil, err
		}
		lastID++
		transacting[lastID] = client
		return lastID, nil
	}
	client := transacting[asked.ID]
	switch asked.Verb {
	case "txn_init":
		_, _, err := client.ProducerID(ctx)
		return nil, err
	case "txn_begin":
		return nil, client.BeginTransaction()
	case "txn_send":
		records := make([]*kgo.Record, 0, len(asked.Records))
		for _, record := range asked.Records {
			records = append(records, outgoing(asked.Topic, record))
		}
		return nil, client.ProduceSync(ctx, records...).FirstErr()
	case "txn_commit":
		return nil, client.EndTransaction(ctx, kgo.TryCommit)
	case "txn_abort":
		return nil, client.EndTransaction(ctx, kgo.TryAbort)
	case "txn_close":
		delete(transacting, asked.ID)
		client.Close()
		return nil, nil
	}
	return nil, errors.New("no such verb: " + asked.Verb)
}

// copied copies so many records from the first topic to the second, exactly once, in transactions
// of one poll each; every second one is aborted first and done again.
func copied(ctx context.Context, asked *request) (any, error) {
	session, err := kgo.NewGroupTransactSession(
		kgo.SeedBrokers(brokers(asked.Bootstrap)...),
		kgo.TransactionalID(asked.Name),
		kgo.ConsumerGroup(*asked.Group),
		kgo.ConsumeTopics(asked.Topics[0]),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.RequireStableFetchOffsets(),
		kgo.FetchMaxWait(100*time.Millisecond),
	)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	done, aborted := 0, 0
	for done < asked.Total {
		fetches := session.PollRecords(ctx, 20)
		if err := fetches.Err(); err != nil {
			return nil, err
		}
		if err := session.Begin(); err != nil {
			return nil, err
		}
		count := 0
		var failed error
		fetches.EachRecord(func(record *kgo.Record) {
			count++
			made := &kgo.Record{Topic: asked.Topics[1], Key: record.Key, Value: record.Value}
			session.Produce(ctx, made, func(_ *kgo.Record, err error) {
				if err != nil {
					failed = err
				}
			})
		})
		wish := kgo.TryCommit
		if count > 0 && aborted <= done/20 {
			wish = kgo.TryAbort
		}
		committed, err := session.End(ctx, wish)
		if err != nil {
			return nil, err
		}
		if failed != nil && committed {
			return nil, failed
		}
		if committed {
			done += count
		} else {
			aborted++
		}
	}
	return []int{done, aborted}, nil
}
