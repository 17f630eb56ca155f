package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

type tp struct {
	topic     string
	partition int32
}

type byTopic = map[string][]int32

// consumer is one kgo client that reads; it's made when it's told what to read.
type consumer struct {
	setup  *request
	client *kgo.Client
	member bool

	lock   sync.Mutex // kgo calls back from goroutines of its own
	owned  map[tp]bool
	events []any
}

var (
	consumers = map[int]*consumer{}
	lastID    int
	balancers = map[string]kgo.GroupBalancer{
		"range":              kgo.RangeBalancer(),
		"roundrobin":         kgo.RoundRobinBalancer(),
		"sticky":             kgo.StickyBalancer(),
		"cooperative-sticky": kgo.CooperativeStickyBalancer(),
	}
)

func read(ctx context.Context, asked *request) (any, error) {
	if asked.Verb == "consumer" {
		lastID++
		consumers[lastID] = &consumer{setup: asked, owned: map[tp]bool{}}
		return lastID, nil
	}
	c := consumers[asked.ID]
	switch asked.Verb {
	case "assign":
		return nil, c.assign(ctx, asked.At)
	case "subscribe":
		return nil, c.subscribe(asked.Topics)
	case "poll":
		return c.poll(ctx, asked.Ms)
	case "assignment":
		return c.assignment(), nil
	case "events":
		c.lock.Lock()
		defer c.lock.Unlock()
		seen := c.events
		c.events = nil
		if seen == nil {
			seen = []any{}
		}
		return seen, nil
	case "seek":
		c.seek(asked.At[0])
		return nil, nil
	case "pause":
		c.client.PauseFetchPartitions(grouped(asked.TPs))
		return nil, nil
	case "resume":
		c.client.ResumeFetchPartitions(grouped(asked.TPs))
		return nil, nil
	case "times":
		return c.times(ctx, asked.At)
	case "ends":
		return c.ends(ctx, asked.TPs)
	case "commit":
		return nil, c.commit(ctx, asked.At)
	case "committed":
		return c.committed(ctx, asked.TPs)
	case "close":
		delete(consumers, asked.ID)
		if c.client != nil {
			c.client.Close()
		}
		return nil, nil
	}
	return nil, errors.New("no such verb: " + asked.Verb)
}

func (c *consumer) options() []kgo.Opt {
	reset := kgo.NewOffset().AtStart()
	if c.setup.Reset == "latest" {
		reset = kgo.NewOffset().AtEnd()
	}
	isolation := kgo.ReadUncommitted()
	if c.setup.Isolation == "read_committed" {
		isolation = kgo.ReadCommitted()
	}
	return []kgo.Opt{
		kgo.SeedBrokers(brokers(c.setup.Bootstrap)...),
		kgo.ConsumeResetOffset(reset),
		kgo.FetchIsolationLevel(isolation),
		kgo.MetadataMinAge(50 * time.Millisecond),
	}
}

func (c *consumer) assign(ctx context.Context, at []row) error {
	offsets := map[string]map[int32]kgo.Offset{}
	owned := map[tp]bool{}
	for _, r := range at {
		offset := kgo.NewOffset().At(r.number)
		switch r.word {
		case "earliest":
			offset = kgo.NewOffset().AtStart()
		case "latest":
			// The end as it is now, also when the first fetch comes later.
			found, err := c.endOf(ctx, r)
			if err != nil {
				return err
			}
			offset = kgo.NewOffset().At(found)
		case "committed":
			found, err := c.fetchCommitted(ctx, r)
			if err != nil {
				return err
			}
			offset = kgo.NewOffset().At(found)
		}
		if offsets[r.topic] == nil {
			offsets[r.topic] = map[int32]kgo.Offset{}
		}
		offsets[r.topic][r.partition] = offset
		owned[tp{r.topic, r.partition}] = true
	}
	if c.client != nil {
		c.client.Close()
	}
	c.owned = owned
	var err error
	c.client, err = kgo.NewClient(append(c.options(), kgo.ConsumePartitions(offsets))...)
	return err
}

func (c *consumer) subscribe(topics []string) error {
	c.member = true
	note := func(what string, own bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
			c.note(what, own, changed)
		}
	}
	options := append(c.options(),
		kgo.ConsumerGroup(*c.setup.Group),
		kgo.ConsumeTopics(topics...),
		kgo.Balancers(balancers[c.setup.Assignor]),
		kgo.SessionTimeout(time.Duration(c.setup.SessionMs)*time.Millisecond),
		kgo.HeartbeatInterval(time.Duration(c.setup.HeartbeatMs)*time.Millisecond),
		kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(note("assigned", true)),
		kgo.OnPartitionsRevoked(note("revoked", false)),
		kgo.OnPartitionsLost(note("lost", false)),
	)
	if c.setup.Instance != nil {
		options = append(options, kgo.InstanceID(*c.setup.Instance))
	}
	var err error
	c.client, err = kgo.NewClient(options...)
	return err
}

func (c *consumer) note(what string, own bool, changed byTopic) {
	c.lock.Lock()
	defer c.lock.Unlock()
	rows := [][]any{}
	for topic, partitions := range changed {
		for _, partition := range partitions {
			rows = append(rows, []any{topic, partition})
			if own {
				c.owned[tp{topic, partition}] = true
			} else {
				delete(c.owned, tp{topic, partition})
			}
		}
	}
	c.events = append(c.events, []any{what, rows})
}

func (c *consumer) assignment() [][]any {
	c.lock.Lock()
	defer c.lock.Unlock()
	rows := [][]any{}
	for owned := range c.owned {
		rows = append(rows, []any{owned.topic, owned.partition})
	}
	return rows
}

func (c *consumer) poll(ctx context.Context, ms int) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(ms)*time.Millisecond)
	defer cancel()
	fetches := c.client.PollFetches(ctx)
	for _, failed := range fetches.Errors() {
		var kafkas *kerr.Error
		if errors.As(failed.Err, &kafkas) {
			return nil, failed.Err
		}
		if !errors.Is(failed.Err, context.DeadlineExceeded) {
			return nil, failed.Err
		}
	}
	records := []wireRecord{}
	fetches.EachRecord(func(r *kgo.Record) {
		at := r.Timestamp.UnixMilli()
		headers := []header{}
		for _, h := range r.Headers {
			headers = append(headers, header{h.Key, h.Value})
		}
		records = append(records, wireRecord{
			r.Topic, r.Key, r.Value, headers, &at, &r.Partition, r.Offset,
		})
	})
	return records, nil
}

func (c *consumer) seek(to row) {
	// SetOffsets leaves out what wasn't polled yet, so the partition is taken anew.
	c.client.RemoveConsumePartitions(byTopic{to.topic: {to.partition}})
	c.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{
		to.topic: {to.partition: kgo.NewOffset().At(to.number)},
	})
}

// -- offsets --------------------------------------------------------------------------------------

func (c *consumer) endOf(ctx context.Context, r row) (int64, error) {
	return listOffset(ctx, adminOf(c.setup.Bootstrap), r.topic, r.partition, latest)
}

func (c *consumer) times(ctx context.Context, at []row) (any, error) {
	found := [][]any{}
	for _, r := range at {
		offset, err := listOffset(
			ctx, adminOf(c.setup.Bootstrap), r.topic, r.partition, r.number)
		if err != nil {
			return nil, err
		}
		if offset < 0 {
			found = append(found, []any{r.topic, r.partition, nil})
		} else {
			found = append(found, []any{r.topic, r.partition, offset})
		}
	}
	return found, nil
}

func (c *consumer) ends(ctx context.Context, tps []row) (any, error) {
	found := [][]any{}
	admin := adminOf(c.setup.Bootstrap)
	for _, r := range tps {
		first, err := listOffset(ctx, admin, r.topic, r.partition, earliest)
		if err != nil {
			return nil, err
		}
		next, err := listOffset(ctx, admin, r.topic, r.partition, latest)
		if err != nil {
			return nil, err
		}
		found = append(found, []any{r.topic, r.partition, first, next})
	}
	return found, nil
}

func (c *consumer) commit(ctx context.Context, at []row) error {
	if at == nil {
		return c.client.CommitUncommittedOffsets(ctx)
	}
	if !c.member {
		var offsets kadm.Offsets
		for _, r := range at {
			offsets.AddOffset(r.topic, r.partition, r.number, -1)
		}
		done, err := adminOf(c.setup.Bootstrap).CommitOffsets(ctx, *c.setup.Group, offsets)
		return errors.Join(err, done.Error())
	}
	offsets := map[string]map[int32]kgo.EpochOffset{}
	for _, r := range at {
		if offsets[r.topic] == nil {
			offsets[r.topic] = map[int32]kgo.EpochOffset{}
		}
		offsets[r.topic][r.partition] = kgo.EpochOffset{Epoch: -1, Offset: r.number}
	}
	var failed error
	c.client.CommitOffsetsSync(ctx, offsets, func(
		_ *kgo.Client, _ *kmsg.OffsetCommitRequest, told *kmsg.OffsetCommitResponse, err error,
	) {
		failed = err
		if told == nil {
			return
		}
		for _, topic := range told.Topics {
			for _, partition := range topic.Partitions {
				failed = errors.Join(failed, kerr.ErrorForCode(partition.ErrorCode))
			}
		}
	})
	return failed
}

func (c *consumer) fetchCommitted(ctx context.Context, r row) (int64, error) {
	found, err := adminOf(c.setup.Bootstrap).FetchOffsets(ctx, *c.setup.Group)
	if err != nil {
		return 0, err
	}
	if at, ok := found.Lookup(r.topic, r.partition); ok {
		return at.At, at.Err
	}
	return -1, nil
}

func (c *consumer) committed(ctx context.Context, tps []row) (any, error) {
	rows := [][]any{}
	for _, r := range tps {
		at, err := c.fetchCommitted(ctx, r)
		if err != nil {
			return nil, err
		}
		if at < 0 {
			rows = append(rows, []any{r.topic, r.partition, nil})
		} else {
			rows = append(rows, []any{r.topic, r.partition, at})
		}
	}
	return rows, nil
}

func grouped(rows []row) byTopic {
	found := byTopic{}
	for _, r := range rows {
		found[r.topic] = append(found[r.topic], r.partition)
	}
	return found
}
