package bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.streams.KafkaStreams;

/**
 * One JVM that runs the job again and again, each time as another application, so that its code is
 * warm. Argument: the port. GET /start?kafka=&prefix=&app=&dir=&commit=, /state, /stop.
 */
public final class Main {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);
    private static KafkaStreams running;

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[0]);
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        HttpServer server = HttpServer.create(address, 0);
        server.createContext("/", Main::answer);
        Runtime.getRuntime().addShutdownHook(new Thread(Main::stop));
        server.start();
    }

    private static void answer(HttpExchange exchange) throws IOException {
        String said;
        int code = 200;
        try {
            said = switch (exchange.getRequestURI().getPath()) {
                case "/start" -> start(parameters(exchange.getRequestURI().getQuery()));
                case "/state" -> running == null ? "NONE" : running.state().name();
                case "/stop" -> stop();
                default -> throw new IllegalArgumentException("no such path");
            };
        } catch (RuntimeException problem) {
            code = 500;
            said = problem.toString();
        }
        byte[] body = said.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(code, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static String start(Map<String, String> given) {
        stop();
        running = Job.streams(given);
        running.start();
        return "STARTED";
    }

    private static synchronized String stop() {
        if (running != null) {
            boolean ended = running.close(STOP_LIMIT);
            running = null;
            return ended ? "STOPPED" : "NOT IN TIME";
        }
        return "NONE";
    }

    private static Map<String, String> parameters(String query) {
        return Arrays.stream(query.split("&"))
            .map(pair -> pair.split("=", 2))
            .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
    }
}
