import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** KafkaConsumer, as many as asked for, by number. */
class Reading {
    private static final Map<String, Class<?>> ASSIGNORS = Map.of(
        "range", RangeAssignor.class,
        "roundrobin", RoundRobinAssignor.class,
        "sticky", StickyAssignor.class,
        "cooperative-sticky", CooperativeStickyAssignor.class);
    private static final Map<Integer, Reading> OPEN = new HashMap<>();
    private static int last = 0;

    private final KafkaConsumer<byte[], byte[]> consumer;
    private List<Object> events = new ArrayList<>();

    private Reading(JsonNode request) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", request.get("bootstrap").asText());
        if (!request.get("group").isNull()) settings.put("group.id", request.get("group").asText());
        if (!request.get("instance").isNull()) {
            settings.put("group.instance.id", request.get("instance").asText());
        }
        String assignor = ASSIGNORS.get(request.get("assignor").asText()).getName();
        settings.put("partition.assignment.strategy", assignor);
        settings.put("auto.offset.reset", request.get("reset").asText());
        settings.put("isolation.level", request.get("isolation").asText());
        settings.put("session.timeout.ms", request.get("session_ms").asInt());
        settings.put("heartbeat.interval.ms", request.get("heartbeat_ms").asInt());
        settings.put("enable.auto.commit", false);
        consumer = new KafkaConsumer<>(
            settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static Object carryOut(String verb, JsonNode request) {
        if (verb.equals("consumer")) {
            OPEN.put(++last, new Reading(request));
            return last;
        }
        int id = request.get("id").asInt();
        Reading reading = verb.equals("close") ? OPEN.remove(id) : OPEN.get(id);
        return reading.step(verb, request);
    }

    private Object step(String verb, JsonNode request) {
        switch (verb) {
            case "assign": return assign(request.get("at"));
            case "subscribe":
                consumer.subscribe(Driver.strings(request.get("topics")), new Listener());
                return null;
            case "poll": return poll(request.get("ms").asInt());
            case "assignment": return Driver.rows(consumer.assignment());
            case "events":
                List<Object> seen = events;
                events = new ArrayList<>();
                return seen;
            case "seek":
                JsonNode to = request.get("at").get(0);
                consumer.seek(Driver.partition(to), to.get(2).asLong());
                return null;
            case "pause": consumer.pause(Driver.partitions(request.get("tps"))); return null;
            case "resume": consumer.resume(Driver.partitions(request.get("tps"))); return null;
            case "times": return times(request.get("at"));
            case "ends": return ends(Driver.partitions(request.get("tps")));
            case "commit": return commit(request.get("at"));
            case "committed": return committed(Driver.partitions(request.get("tps")));
            case "close": consumer.close(); return null;
            default: throw new IllegalArgumentException(verb);
        }
    }

    private Object assign(JsonNode at) {
        consumer.assign(Driver.partitions(at));
        for (JsonNode row : at) {
            TopicPartition tp = Driver.partition(row);
            switch (row.get(2).asText()) {
                case "earliest": consumer.seekToBeginning(List.of(tp)); break;
                case "latest": consumer.seekToEnd(List.of(tp)); consumer.position(tp); break;
                case "committed": break;
                default: consumer.seek(tp, row.get(2).asLong());
            }
        }
        return null;
    }

    private Object poll(int ms) {
        List<Object> records = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(ms))) {
            List<List<Object>> headers = new ArrayList<>();
            for (Header header : record.headers()) {
                List<Object> pair = new ArrayList<>();
                pair.add(header.key());
                pair.add(Driver.text(header.value()));
                headers.add(pair);
            }
            Map<String, Object> told = new HashMap<>();
            told.put("topic", record.topic());
            told.put("partition", record.partition());
            told.put("offset", record.offset());
            told.put("timestamp", record.timestamp());
            told.put("key", Driver.text(record.key()));
            told.put("value", Driver.text(record.value()));
            told.put("headers", headers);
            records.add(told);
        }
        return records;
    }

    private Object times(JsonNode at) {
        Map<TopicPartition, Long> asked = new HashMap<>();
        at.forEach(row -> asked.put(Driver.partition(row), row.get(2).asLong()));
        List<Object> found = new ArrayList<>();
        consumer.offsetsForTimes(asked).forEach((tp, there) ->
            found.add(Driver.row(tp, there == null ? null : there.offset())));
        return found;
    }

    private Object ends(List<TopicPartition> partitions) {
        Map<TopicPartition, Long> first = consumer.beginningOffsets(partitions);
        Map<TopicPartition, Long> next = consumer.endOffsets(partitions);
        List<Object> found = new ArrayList<>();
        partitions.forEach(tp -> found.add(Driver.row(tp, first.get(tp), next.get(tp))));
        return found;
    }

    private Object commit(JsonNode at) {
        if (at.isNull()) {
            consumer.commitSync();
        } else {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            at.forEach(row -> offsets.put(
                Driver.partition(row), new OffsetAndMetadata(row.get(2).asLong())));
            consumer.commitSync(offsets);
        }
        return null;
    }

    private Object committed(List<TopicPartition> partitions) {
        List<Object> found = new ArrayList<>();
        consumer.committed(new HashSet<>(partitions)).forEach((tp, there) ->
            found.add(Driver.row(tp, there == null ? null : there.offset())));
        return found;
    }

    /** Keeps what the client reports of its rebalances. */
    private class Listener implements ConsumerRebalanceListener {
        @Override public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            events.add(List.of("assigned", Driver.rows(partitions)));
        }

        @Override public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            events.add(List.of("revoked", Driver.rows(partitions)));
        }

        @Override public void onPartitionsLost(Collection<TopicPartition> partitions) {
            events.add(List.of("lost", Driver.rows(partitions)));
        }
    }
}
