import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** KafkaProducers with transactional ids, by number. */
class Transacting {
    private static final Map<Integer, KafkaProducer<byte[], byte[]>> OPEN = new HashMap<>();
    private static int last = 0;

    static Object carryOut(String verb, JsonNode request) throws Exception {
        if (verb.equals("txn_open")) {
            OPEN.put(++last, open(request));
            return last;
        }
        KafkaProducer<byte[], byte[]> producer = OPEN.get(request.get("id").asInt());
        switch (verb) {
            case "txn_init": producer.initTransactions(); break;
            case "txn_begin": producer.beginTransaction(); break;
            case "txn_send": send(producer, request); break;
            case "txn_offsets": sendOffsets(producer, request); break;
            case "txn_commit": producer.commitTransaction(); break;
            case "txn_abort": producer.abortTransaction(); break;
            default:
                OPEN.remove(request.get("id").asInt());
                producer.close(Duration.ZERO);
        }
        return null;
    }

    private static KafkaProducer<byte[], byte[]> open(JsonNode request) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", request.get("bootstrap").asText());
        settings.put("transactional.id", request.get("name").asText());
        settings.put("transaction.timeout.ms", request.get("timeout_ms").asInt());
        settings.put("linger.ms", 0);
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, JsonNode request)
            throws Exception {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (JsonNode record : request.get("records")) {
            sent.add(producer.send(Writing.record(request.get("topic").asText(), record)));
        }
        for (Future<RecordMetadata> future : sent) {
            future.get();
        }
    }

    private static void sendOffsets(KafkaProducer<byte[], byte[]> producer, JsonNode request) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (JsonNode row : request.get("at")) {
            offsets.put(Driver.partition(row), new OffsetAndMetadata(row.get(2).asLong()));
        }
        String group = request.get("group").asText();
        producer.sendOffsetsToTransaction(offsets, new ConsumerGroupMetadata(group));
    }
}
