import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** Kafka's Admin client, one for each cluster. */
class Administration {
    private static final Map<String, Administration> OPEN = new HashMap<>();
    private final Admin admin;

    private Administration(String bootstrap) {
        admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    static Administration of(JsonNode request) {
        return OPEN.computeIfAbsent(request.get("bootstrap").asText(), Administration::new);
    }

    static void closeAll() {
        OPEN.values().forEach(open -> open.admin.close());
    }

    Object carryOut(String verb, JsonNode request) throws Exception {
        switch (verb) {
            case "create_topic": return createTopic(request);
            case "delete_topic":
                admin.deleteTopics(List.of(request.get("topic").asText())).all().get();
                return null;
            case "topics": return admin.listTopics().names().get();
            case "describe_topic": return describeTopic(request.get("topic").asText());
            case "add_partitions":
                admin.createPartitions(Map.of(request.get("topic").asText(),
                    NewPartitions.increaseTo(request.get("total").asInt()))).all().get();
                return null;
            case "delete_records": return deleteRecords(request.get("at").get(0));
            case "list_offsets": return listOffsets(request);
            case "configs": return configs(resource(request));
            case "alter_configs": return alterConfigs(request);
            case "cluster": return cluster();
            case "log_dirs": return logDirs();
            case "producers": return producers(request);
            default: return carryOutForGroup(verb, request);
        }
    }

    private Object carryOutForGroup(String verb, JsonNode request) throws Exception {
        if (verb.equals("groups")) {
            return admin.listGroups().all().get().stream().map(g -> g.groupId())
                .collect(Collectors.toList());
        }
        String group = request.get("group").asText();
        switch (verb) {
            case "describe_group": return describeGroup(group);
            case "group_offsets": return groupOffsets(group);
            case "set_group_offsets":
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                request.get("at").forEach(row -> offsets.put(
                    Driver.partition(row), new OffsetAndMetadata(row.get(2).asLong())));
                admin.alterConsumerGroupOffsets(group, offsets).all().get();
                return null;
            case "delete_group_offsets":
                admin.deleteConsumerGroupOffsets(
                    group, new HashSet<>(Driver.partitions(request.get("tps")))).all().get();
                return null;
            case "delete_group":
                admin.deleteConsumerGroups(List.of(group)).all().get();
                return null;
            default: throw new IllegalArgumentException(verb);
        }
    }

    // -- topics ---------------------------------------------------------------------------------

    private Object createTopic(JsonNode request) throws Exception {
        String name = request.get("topic").asText();
        JsonNode placed = request.get("assignment");
        NewTopic topic;
        if (placed.isNull()) {
            topic = new NewTopic(name, request.get("partitions").asInt(),
                (short) request.get("replication").asInt());
        } else {
            Map<Integer, List<Integer>> assignment = new HashMap<>();
            for (int i = 0; i < placed.size(); i++) assignment.put(i, numbers(placed.get(i)));
            topic = new NewTopic(name, assignment);
        }
        topic.configs(settings(request.get("configs")));
        boolean only = request.get("validate_only").asBoolean();
        admin.createTopics(List.of(topic), new CreateTopicsOptions().validateOnly(only)).all().get();
        return null;
    }

    private Object describeTopic(String topic) throws Exception {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions()
            .stream().map(p -> List.of(
                p.partition(), p.leader() == null ? -1 : p.leader().id(), ids(p.replicas()),
                ids(p.isr())))
            .collect(Collectors.toList());
    }

    private Object deleteRecords(JsonNode row) throws Exception {
        TopicPartition tp = Driver.partition(row);
        return admin.deleteRecords(Map.of(tp, RecordsToDelete.beforeOffset(row.get(2).asLong())))
            .lowWatermarks().get(tp).get().lowWatermark();
    }

    private Object listOffsets(JsonNode request) throws Exception {
        TopicPartition tp = new TopicPartition(
            request.get("topic").asText(), request.get("partition").asInt());
        String asked = request.get("spec").asText();
        OffsetSpec spec;
        switch (asked) {
            case "earliest": spec = OffsetSpec.earliest(); break;
            case "latest": spec = OffsetSpec.latest(); break;
            case "max-timestamp": spec = OffsetSpec.maxTimestamp(); break;
            default: spec = OffsetSpec.forTimestamp(Long.parseLong(asked));
        }
        return admin.listOffsets(Map.of(tp, spec)).partitionResult(tp).get().offset();
    }

    private Object producers(JsonNode request) throws Exception {
        TopicPartition tp = new TopicPartition(
            request.get("topic").asText(), request.get("partition").asInt());
        return admin.describeProducers(List.of(tp)).partitionResult(tp).get().activeProducers()
            .stream().map(p -> List.of(p.producerId(), p.lastSequence()))
            .collect(Collectors.toList());
    }

    // -- settings -------------------------------------------------------------------------------

    private static ConfigResource resource(JsonNode request) {
        String kind = request.get("kind").asText().toUpperCase();
        return new ConfigResource(
            ConfigResource.Type.valueOf(kind), request.get("name").asText());
    }

    private Object configs(ConfigResource resource) throws Exception {
        Map<String, Object> found = new HashMap<>();
        for (ConfigEntry entry : admin.describeConfigs(List.of(resource)).all().get()
                .get(resource).entries()) {
            List<Object> parts = new ArrayList<>();
            parts.add(entry.value());
            parts.add(entry.source() == ConfigEntry.ConfigSource.DEFAULT_CONFIG);
            parts.add(entry.isReadOnly());
            found.put(entry.name(), parts);
        }
        return found;
    }

    private Object alterConfigs(JsonNode request) throws Exception {
        Collection<AlterConfigOp> changes = new ArrayList<>();
        settings(request.get("set")).forEach((key, value) -> changes.add(
            new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
        Driver.strings(request.get("delete")).forEach(key -> changes.add(
            new AlterConfigOp(new ConfigEntry(key, ""), AlterConfigOp.OpType.DELETE)));
        admin.incrementalAlterConfigs(Map.of(resource(request), changes)).all().get();
        return null;
    }

    // -- groups ---------------------------------------------------------------------------------

    private Object describeGroup(String group) throws Exception {
        ConsumerGroupDescription told =
            admin.describeConsumerGroups(List.of(group)).all().get().get(group);
        List<Object> members = new ArrayList<>();
        told.members().forEach(member -> {
            List<Object> row = new ArrayList<>();
            row.add(member.groupInstanceId().orElse(null));
            row.add(Driver.rows(member.assignment().topicPartitions()));
            members.add(row);
        });
        String state = told.groupState().toString().toLowerCase();
        return Map.of("state", state, "protocol", told.partitionAssignor(), "members", members);
    }

    private Object groupOffsets(String group) throws Exception {
        List<Object> found = new ArrayList<>();
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get()
            .forEach((tp, at) -> found.add(Driver.row(tp, at.offset())));
        return found;
    }

    // -- the cluster ----------------------------------------------------------------------------

    private Object cluster() throws Exception {
        DescribeClusterResult told = admin.describeCluster();
        Map<String, Integer> brokers = new HashMap<>();
        told.nodes().get().forEach(node -> brokers.put(node.idString(), node.port()));
        int controller = Optional.ofNullable(told.controller().get()).map(Node::id).orElse(-1);
        return Map.of(
            "id", told.clusterId().get(), "controller", controller, "brokers", brokers);
    }

    private Object logDirs() throws Exception {
        List<Object> found = new ArrayList<>();
        List<Integer> brokers = ids(admin.describeCluster().nodes().get());
        admin.describeLogDirs(brokers).allDescriptions().get().forEach((broker, dirs) ->
            dirs.values().forEach(dir -> dir.replicaInfos().forEach((tp, info) ->
                found.add(List.of(broker, tp.topic(), tp.partition(), info.size())))));
        return found;
    }

    // -- small things ---------------------------------------------------------------------------

    private static List<Integer> ids(Collection<Node> nodes) {
        return nodes.stream().map(Node::id).collect(Collectors.toList());
    }

    private static List<Integer> numbers(JsonNode array) {
        List<Integer> found = new ArrayList<>();
        array.forEach(item -> found.add(item.asInt()));
        return found;
    }

    private static Map<String, String> settings(JsonNode object) {
        Map<String, String> found = new HashMap<>();
        object.properties().forEach(e -> found.put(e.getKey(), e.getValue().asText()));
        return found;
    }
}
