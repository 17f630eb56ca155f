import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * Reads lines "class version hex", parses the bytes with Kafka's generated class, writes the
 * message again and prints "ok hex" or "error text". A class's name lacks its package here.
 */
public class RoundTrip {
    static final String[] PACKAGES = {
        "org.apache.kafka.common.message.",
        "org.apache.kafka.common.metadata.",
        "org.apache.kafka.coordinator.group.generated.",
        "org.apache.kafka.coordinator.transaction.generated.",
        "org.apache.kafka.coordinator.share.generated.",
        "org.apache.kafka.raft.generated.",
        "org.apache.kafka.server.log.remote.metadata.storage.generated.",
        "org.apache.kafka.storage.internals.log.generated.",
        "org.apache.kafka.server.common.generated.",
        "kafka.internals.generated.",
    };

    static Class<?> find(String name) throws ClassNotFoundException {
        for (String suffix : new String[] {"Data", ""}) {
            for (String prefix : PACKAGES) {
                try {
                    return Class.forName(prefix + name + suffix);
                } catch (ClassNotFoundException next) {
                    // look further
                }
            }
        }
        throw new ClassNotFoundException(name);
    }

    static String answer(String line) {
        String[] parts = line.split(" ", 3);
        try {
            Message message = (Message) find(parts[0]).getConstructor().newInstance();
            short version = Short.parseShort(parts[1]);
            if (parts[2].equals("new")) {
                return "ok " + hex(MessageUtil.toByteBufferAccessor(message, version).buffer());
            }
            ByteBuffer buffer = ByteBuffer.wrap(HexFormat.of().parseHex(parts[2]));
            message.read(new ByteBufferAccessor(buffer), version);
            if (buffer.hasRemaining()) {
                return "error " + buffer.remaining() + " bytes left";
            }
            return "ok " + hex(MessageUtil.toByteBufferAccessor(message, version).buffer());
        } catch (Throwable failed) {
            return "error " + String.valueOf(failed).replace('\n', ' ');
        }
    }

    static String hex(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(answer(line));
        }
        out.flush();
    }
}
