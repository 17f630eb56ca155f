import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Exit;

/**
 * Kafka's console tools, run by their own main in this JVM. An exit becomes an exception; standard
 * input and output are ours for the while.
 */
class Tools {
    /** What a tool's exit becomes. */
    private static class Exited extends Error {
        final int status;

        Exited(int status, String text) {
            super(text);
            this.status = status;
        }
    }

    static Object run(JsonNode request) throws Exception {
        InputStream stdin = System.in;
        PrintStream stdout = System.out;
        PrintStream stderr = System.err;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        List<Runnable> hooks = new ArrayList<>();
        Exit.setExitProcedure((status, text) -> { throw new Exited(status, text); });
        Exit.setHaltProcedure((status, text) -> { throw new Exited(status, text); });
        Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
        int status;
        try {
            System.setIn(new ByteArrayInputStream(
                request.get("stdin").asText().getBytes(StandardCharsets.UTF_8)));
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
            status = main(request);
            hooks.forEach(Runnable::run);
        } finally {
            System.out.flush();
            System.setIn(stdin);
            System.setOut(stdout);
            System.setErr(stderr);
            Exit.resetExitProcedure();
            Exit.resetHaltProcedure();
            Exit.resetShutdownHookAdder();
        }
        return Map.of(
            "status", status,
            "out", out.toString(StandardCharsets.UTF_8),
            "err", err.toString(StandardCharsets.UTF_8));
    }

    private static int main(JsonNode request) throws Exception {
        String[] arguments = Driver.strings(request.get("args")).toArray(new String[0]);
        try {
            Class.forName(request.get("tool").asText()).getMethod("main", String[].class)
                .invoke(null, (Object) arguments);
            return 0;
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof Exited) {
                return ((Exited) thrown.getCause()).status;
            }
            throw thrown;
        }
    }
}
