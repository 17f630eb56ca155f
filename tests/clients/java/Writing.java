import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** KafkaProducer. */
class Writing {
    static Object produce(JsonNode request) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", request.get("bootstrap").asText());
        settings.put("compression.type", request.get("codec").asText());
        settings.put("acks", request.get("acks").asText());
        settings.put("enable.idempotence", request.get("idempotent").asText());
        settings.put("max.request.size", request.get("max_bytes").asText());
        int patience = request.get("timeout_ms").asInt();
        settings.put("max.block.ms", patience);
        settings.put("request.timeout.ms", patience);
        settings.put("delivery.timeout.ms", patience + 1_000);
        settings.put("linger.ms", 0);
        List<List<Object>> placed = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (JsonNode record : request.get("records")) {
                sent.add(producer.send(record(request.get("topic").asText(), record)));
            }
            for (Future<RecordMetadata> future : sent) {
                RecordMetadata done = future.get();
                placed.add(List.of(done.partition(), done.offset()));
            }
        }
        return placed;
    }

    static ProducerRecord<byte[], byte[]> record(String topic, JsonNode record) {
        List<Header> headers = new ArrayList<>();
        for (JsonNode header : record.get("headers")) {
            headers.add(new RecordHeader(header.get(0).asText(), Driver.bytes(header.get(1))));
        }
        JsonNode partition = record.get("partition");
        JsonNode timestamp = record.get("timestamp");
        return new ProducerRecord<>(
            topic,
            partition.isNull() ? null : partition.asInt(),
            timestamp.isNull() ? null : timestamp.asLong(),
            Driver.bytes(record.get("key")),
            Driver.bytes(record.get("value")),
            headers);
    }
}
