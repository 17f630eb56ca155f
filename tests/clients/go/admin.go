package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The special times of ListOffsets.
const (
	latest       = -1
	earliest     = -2
	maxTimestamp = -3
)

// administration is kadm and its client, one for each cluster.
type administration struct {
	*kadm.Client
	raw *kgo.Client
}

var administrations = map[string]*administration{}

func brokers(bootstrap string) []string { return strings.Split(bootstrap, ",") }

func adminOf(bootstrap string) *administration {
	if administrations[bootstrap] == nil {
		client, err := kgo.NewClient(
			kgo.SeedBrokers(brokers(bootstrap)...), kgo.MetadataMinAge(50*time.Millisecond))
		if err != nil {
			panic(err)
		}
		administrations[bootstrap] = &administration{kadm.NewClient(client), client}
	}
	return administrations[bootstrap]
}

func closeAll() {
	for _, admin := range administrations {
		admin.raw.Close()
	}
}

func administer(ctx context.Context, asked *request) (any, error) {
	admin := adminOf(asked.Bootstrap)
	switch asked.Verb {
	case "create_topic":
		return nil, admin.create(ctx, asked)
	case "delete_topic":
		_, err := admin.DeleteTopic(ctx, asked.Topic)
		return nil, err
	case "topics":
		found, err := admin.ListTopics(ctx)
		return found.Names(), err
	case "describe_topic":
		return admin.describeTopic(ctx, asked.Topic)
	case "add_partitions":
		done, err := admin.UpdatePartitions(ctx, asked.Total, asked.Topic)
		return nil, errors.Join(err, done.Error())
	case "delete_records":
		return admin.deleteRecords(ctx, asked.At[0])
	case "list_offsets":
		return listOffset(ctx, admin, asked.Topic, asked.Partition, spec(asked.Spec))
	case "configs":
		return admin.configs(ctx, asked)
	case "alter_configs":
		return nil, admin.alterConfigs(ctx, asked)
	case "cluster":
		return admin.cluster(ctx)
	case "log_dirs":
		return admin.logDirs(ctx)
	case "producers":
		return admin.producers(ctx, asked)
	}
	return admin.groups(ctx, asked)
}

// -- topics ---------------------------------------------------------------------------------------

func (admin *administration) create(ctx context.Context, asked *request) error {
	if asked.Assignment != nil {
		return admin.createByHand(ctx, asked)
	}
	configs := map[string]*string{}
	for key, value := range asked.Configs {
		configs[key] = kadm.StringPtr(value)
	}
	if asked.ValidateOnly {
		done, err := admin.ValidateCreateTopics(
			ctx, asked.Partitions, asked.Replication, configs, asked.Topic)
		return errors.Join(err, done.Error())
	}
	_, err := admin.CreateTopic(ctx, asked.Partitions, asked.Replication, configs, asked.Topic)
	return err
}

// createByHand is for what kadm has no call for.
func (admin *administration) createByHand(ctx context.Context, asked *request) error {
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = asked.Topic, -1, -1
	for partition, replicas := range asked.Assignment {
		placed := kmsg.NewCreateTopicsRequestTopicReplicaAssignment()
		placed.Partition, placed.Replicas = int32(partition), replicas
		topic.ReplicaAssignment = append(topic.ReplicaAssignment, placed)
	}
	create := kmsg.NewPtrCreateTopicsRequest()
	create.Topics = append(create.Topics, topic)
	done, err := create.RequestWith(ctx, admin.raw)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(done.Topics[0].ErrorCode)
}

func (admin *administration) describeTopic(ctx context.Context, topic string) (any, error) {
	found, err := admin.ListTopics(ctx, topic)
	if err != nil {
		return nil, err
	}
	if found[topic].Err != nil {
		return nil, found[topic].Err
	}
	rows := [][]any{}
	for _, p := range found[topic].Partitions {
		rows = append(rows, []any{p.Partition, p.Leader, p.Replicas, p.ISR})
	}
	return rows, nil
}

func (admin *administration) deleteRecords(ctx context.Context, before row) (any, error) {
	var offsets kadm.Offsets
	offsets.AddOffset(before.topic, before.partition, before.number, -1)
	done, err := admin.DeleteRecords(ctx, offsets)
	if err != nil {
		return nil, err
	}
	told, _ := done.Lookup(before.topic, before.partition)
	return told.LowWatermark, told.Err
}

func spec(word string) int64 {
	switch word {
	case "earliest":
		return earliest
	case "latest":
		return latest
	case "max-timestamp":
		return maxTimestamp
	}
	at, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		panic(err)
	}
	return at
}

func listOffset(
	ctx context.Context, admin *administration, topic string, partition int32, at int64,
) (int64, error) {
	asked := kmsg.NewListOffsetsRequestTopicPartition()
	asked.Partition, asked.Timestamp = partition, at
	of := kmsg.NewListOffsetsRequestTopic()
	of.Topic, of.Partitions = topic, append(of.Partitions, asked)
	list := kmsg.NewPtrListOffsetsRequest()
	list.Topics = append(list.Topics, of)
	told, err := list.RequestWith(ctx, admin.raw)
	if err != nil {
		return 0, err
	}
	found := told.Topics[0].Partitions[0]
	return found.Offset, kerr.ErrorForCode(found.ErrorCode)
}

func (admin *administration) producers(ctx context.Context, asked *request) (any, error) {
	var of kadm.TopicsSet
	of.Add(asked.Topic, asked.Partition)
	told, err := admin.DescribeProducers(ctx, of)
	if err != nil {
		return nil, err
	}
	rows := [][]any{}
	for _, producer := range told.SortedProducers() {
		rows = append(rows, []any{producer.ProducerID, producer.LastSequence})
	}
	return rows, nil
}

// -- settings -------------------------------------------------------------------------------------

func (admin *administration) configs(ctx context.Context, asked *request) (any, error) {
	// By kmsg, because kadm doesn't tell which settings are read-only.
	resource := kmsg.NewDescribeConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeTopic, asked.Name
	if asked.Kind == "broker" {
		resource.ResourceType = kmsg.ConfigResourceTypeBroker
	}
	describe := kmsg.NewPtrDescribeConfigsRequest()
	describe.Resources = append(describe.Resources, resource)
	told, err := describe.RequestWith(ctx, admin.raw)
	if err != nil {
		return nil, err
	}
	found := map[string][]any{}
	for _, c := range told.Resources[0].Configs {
		found[c.Name] = []any{c.Value, c.Source == kmsg.ConfigSourceDefaultConfig, c.ReadOnly}
	}
	return found, kerr.ErrorForCode(told.Resources[0].ErrorCode)
}

func (admin *administration) alterConfigs(ctx context.Context, asked *request) error {
	changes := []kadm.AlterConfig{}
	for key, value := range asked.Set {
		changes = append(changes, kadm.AlterConfig{
			Op: kadm.SetConfig, Name: key, Value: kadm.StringPtr(value),
		})
	}
	for _, key := range asked.Delete {
		changes = append(changes, kadm.AlterConfig{Op: kadm.DeleteConfig, Name: key})
	}
	done, err := admin.AlterTopicConfigs(ctx, changes, asked.Name)
	if err != nil {
		return err
	}
	return done[0].Err
}

// -- groups ---------------------------------------------------------------------------------------

func (admin *administration) groups(ctx context.Context, asked *request) (any, error) {
	if asked.Verb == "groups" {
		found, err := admin.ListGroups(ctx)
		return found.Groups(), err
	}
	group := *asked.Group
	switch asked.Verb {
	case "describe_group":
		return admin.describeGroup(ctx, group)
	case "group_offsets":
		found, err := admin.FetchOffsets(ctx, group)
		rows := [][]any{}
		for _, at := range found.Sorted() {
			rows = append(rows, []any{at.Topic, at.Partition, at.At})
		}
		return rows, err
	case "set_group_offsets":
		var offsets kadm.Offsets
		for _, r := range asked.At {
			offsets.AddOffset(r.topic, r.partition, r.number, -1)
		}
		done, err := admin.CommitOffsets(ctx, group, offsets)
		return nil, errors.Join(err, done.Error())
	case "delete_group_offsets":
		var of kadm.TopicsSet
		for _, r := range asked.TPs {
			of.Add(r.topic, r.partition)
		}
		done, err := admin.DeleteOffsets(ctx, group, of)
		return nil, errors.Join(err, done.Error())
	case "delete_group":
		_, err := admin.DeleteGroup(ctx, group)
		return nil, err
	}
	return nil, errors.New("no such verb: " + asked.Verb)
}

func (admin *administration) describeGroup(ctx context.Context, group string) (any, error) {
	found, err := admin.DescribeGroups(ctx, group)
	if err != nil {
		return nil, err
	}
	told := found[group]
	members := [][]any{}
	for _, member := range told.Members {
		tps := [][]any{}
		if assigned, ok := member.Assigned.AsConsumer(); ok {
			for _, topic := range assigned.Topics {
				for _, partition := range topic.Partitions {
					tps = append(tps, []any{topic.Topic, partition})
				}
			}
		}
		members = append(members, []any{member.InstanceID, tps})
	}
	state := strings.ToLower(told.State)
	return map[string]any{"state": state, "protocol": told.Protocol, "members": members}, told.Err
}

// -- the cluster ----------------------------------------------------------------------------------

func (admin *administration) cluster(ctx context.Context) (any, error) {
	told, err := kmsg.NewPtrDescribeClusterRequest().RequestWith(ctx, admin.raw)
	if err != nil {
		return nil, err
	}
	ports := map[string]int32{}
	for _, broker := range told.Brokers {
		ports[strconv.Itoa(int(broker.NodeID))] = broker.Port
	}
	return map[string]any{
		"id": told.ClusterID, "controller": told.ControllerID, "brokers": ports,
	}, kerr.ErrorForCode(told.ErrorCode)
}

func (admin *administration) logDirs(ctx context.Context) (any, error) {
	found, err := admin.DescribeAllLogDirs(ctx, nil)
	rows := [][]any{}
	for broker, dirs := range found {
		for _, dir := range dirs {
			for topic, partitions := range dir.Topics {
				for _, p := range partitions {
					rows = append(rows, []any{broker, topic, p.Partition, p.Size})
				}
			}
		}
	}
	return rows, err
}
