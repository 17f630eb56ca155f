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
        Exited(String text) {
            super(text);
        }
    }

    static Object run(JsonNode request) throws Exception {
        InputStream stdin = System.in;
        PrintStream stdout = System.out;
        PrintStream stderr = System.err;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        List<Runnable> hooks = new ArrayList<>();
        // Some tools exit within a try that catches everything and exit again: the first counts.
        List<Integer> exits = new ArrayList<>();
        Exit.Procedure exit = (code, text) -> {
            exits.add(code);
            throw new Exited(text);
        };
        Exit.setExitProcedure(exit);
        Exit.setHaltProcedure(exit);
        Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
        try {
            System.setIn(new ByteArrayInputStream(
                request.get("stdin").asText().getBytes(StandardCharsets.UTF_8)));
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
            main(request);
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
            "status", exits.isEmpty() ? 0 : exits.get(0),
            "out", out.toString(StandardCharsets.UTF_8),
            "err", err.toString(StandardCharsets.UTF_8));
    }

    private static void main(JsonNode request) throws Exception {
        String[] arguments = Driver.strings(request.get("args")).toArray(new String[0]);
        try {
            Class.forName(request.get("tool").asText()).getMethod("main", String[].class)
                .invoke(null, (Object) arguments);
        } catch (InvocationTargetException thrown) {
            if (!(thrown.getCause() instanceof Exited)) throw thrown;
        }
    }
}
