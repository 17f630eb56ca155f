import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * Apache Kafka's own clients and console tools, asked by lines of JSON: one verb a line, one answer
 * a line, all in this one JVM and on this one thread.
 */
public class Driver {
    static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        PrintStream answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        System.setOut(System.err); // so that nothing but answers gets between the answers
        BufferedReader requests =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            answers.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
            answers.flush();
        }
        Administration.closeAll();
        Runtime.getRuntime().halt(0); // a consumer that a failed check left open isn't waited for
    }

    private static ObjectNode answer(JsonNode request) {
        ObjectNode answer = JSON.createObjectNode();
        try {
            answer.set("ok", JSON.valueToTree(carryOut(request.get("verb").asText(), request)));
        } catch (Throwable failure) {
            Throwable cause = failure;
            while (cause.getCause() != null && (cause instanceof ExecutionException
                    || cause instanceof CompletionException || !isKafkas(cause))) {
                cause = cause.getCause();
            }
            if (isKafkas(cause)) {
                answer.put("refused", name(cause));
                answer.put("text", String.valueOf(cause));
            } else {
                StringWriter trace = new StringWriter();
                failure.printStackTrace(new PrintWriter(trace));
                answer.put("failed", trace.toString());
            }
        }
        return answer;
    }

    private static boolean isKafkas(Throwable failure) {
        return failure instanceof ApiException || failure instanceof CommitFailedException;
    }

    /** CommitFailedException stands for what the coordinator says of a member it put out. */
    private static String name(Throwable failure) {
        return failure instanceof CommitFailedException
            ? "CommitFailedException" : Errors.forException(failure).name();
    }

    private static Object carryOut(String verb, JsonNode request) throws Exception {
        switch (verb) {
            case "version": return AppInfoParser.getVersion();
            case "produce": return Writing.produce(request);
            case "tool": return Tools.run(request);
            case "txn_open": case "txn_init": case "txn_begin": case "txn_send":
            case "txn_offsets": case "txn_commit": case "txn_abort": case "txn_close":
                return Transacting.carryOut(verb, request);
            case "consumer": case "assign": case "subscribe": case "poll": case "assignment":
            case "events": case "seek": case "pause": case "resume": case "times": case "ends":
            case "commit": case "committed": case "close":
                return Reading.carryOut(verb, request);
            default: return Administration.of(request).carryOut(verb, request);
        }
    }

    // -- what all verbs' arguments have in common -----------------------------------------------

    static byte[] bytes(JsonNode text) {
        return text.isNull() ? null : Base64.getDecoder().decode(text.asText());
    }

    static String text(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }

    static TopicPartition partition(JsonNode row) {
        return new TopicPartition(row.get(0).asText(), row.get(1).asInt());
    }

    static List<TopicPartition> partitions(JsonNode rows) {
        List<TopicPartition> found = new ArrayList<>();
        rows.forEach(row -> found.add(partition(row)));
        return found;
    }

    static List<Object> row(TopicPartition tp, Object... more) {
        List<Object> row = new ArrayList<>(List.of(tp.topic(), tp.partition()));
        row.addAll(java.util.Arrays.asList(more));
        return row;
    }

    static List<List<Object>> rows(Iterable<TopicPartition> partitions) {
        List<List<Object>> rows = new ArrayList<>();
        partitions.forEach(tp -> rows.add(row(tp)));
        return rows;
    }

    static List<String> strings(JsonNode array) {
        List<String> found = new ArrayList<>();
        array.forEach(item -> found.add(item.asText()));
        return found;
    }
}
