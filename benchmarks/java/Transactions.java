import java.util.Locale;
import java.util.Properties;
import java.util.Scanner;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Transactions one after the other, of so many records over all partitions of a topic. Reads how
 * many from its input, a number a line, and answers with the seconds that they took.
 * Arguments: bootstrap, topic, partitions, records of a transaction, bytes of a record.
 */
public class Transactions {
    public static void main(String[] args) {
        int partitions = Integer.parseInt(args[2]);
        int records = Integer.parseInt(args[3]);
        byte[] value = new byte[Integer.parseInt(args[4])];
        new java.util.Random(1).nextBytes(value);
        Properties settings = new Properties();
        settings.put("bootstrap.servers", args[0]);
        settings.put("transactional.id", "bench");
        settings.put("key.serializer", ByteArraySerializer.class.getName());
        settings.put("value.serializer", ByteArraySerializer.class.getName());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
            producer.initTransactions();
            System.out.println("ready");
            Scanner asked = new Scanner(System.in);
            while (asked.hasNextInt()) {
                int count = asked.nextInt();
                long begun = System.nanoTime();
                for (int n = 0; n < count; n++) {
                    producer.beginTransaction();
                    for (int i = 0; i < records; i++) {
                        producer.send(new ProducerRecord<>(args[1], i % partitions, null, value));
                    }
                    producer.commitTransaction();
                }
                System.out.println(String.format(
                    Locale.ROOT, "%.6f", (System.nanoTime() - begun) / 1e9));
            }
        }
    }
}
