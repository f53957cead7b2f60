package bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The fold of benchmarks/engine/job.py: the same rows and outputs, byte for byte. */
final class Fold {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long CHAIN = 2_147_483_647L;
    private static final long LIMIT = 500_000L;
    private static final String NEW_ROW = "0,0,0,0,0,0,";

    record Result(byte[] row, byte[] output) {}

    private Fold() {}

    static Result fold(byte[] row, byte[] value) throws IOException {
        JsonNode event = JSON.readTree(value);
        JsonNode data = event.get("data");
        long number = data.get("n").asLong();
        long amount = data.get("amount").asLong();
        String text = row == null ? NEW_ROW : new String(row, StandardCharsets.UTF_8);
        String[] fields = text.split(",", 7);
        if (event.get("type").asText().equals("payment.received.v1")) {
            advance(fields, 0, amount, number);
            return new Result(bytes(String.join(",", fields)), null);
        }
        advance(fields, 3, amount, number);
        boolean approved = Long.parseLong(fields[4]) <= LIMIT;
        String output = "{\"n\":" + number + ",\"customer\":\"" + data.get("customer").asText()
            + "\",\"applications\":" + fields[3] + ",\"requested\":" + fields[4]
            + ",\"chain\":" + fields[5] + ",\"approved\":" + approved + "}";
        return new Result(bytes(String.join(",", fields)), bytes(output));
    }

    /** Count, sum and chain of a topic stand beside each other. */
    private static void advance(String[] fields, int first, long amount, long number) {
        fields[first] = Long.toString(Long.parseLong(fields[first]) + 1);
        fields[first + 1] = Long.toString(Long.parseLong(fields[first + 1]) + amount);
        fields[first + 2] = Long.toString((Long.parseLong(fields[first + 2]) * 31 + number) % CHAIN);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
