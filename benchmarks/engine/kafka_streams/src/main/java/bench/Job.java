package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** The topology: both topics into one store in RocksDB with its cache on, outputs to a third. */
final class Job {
    private static final String STORE = "customers";

    private Job() {}

    static KafkaStreams streams(Map<String, String> given) {
        String prefix = given.get("prefix");
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.ByteArray())
            .withCachingEnabled());
        builder.stream(
                List.of(prefix + "payments", prefix + "applications"),
                Consumed.with(Serdes.String(), Serdes.ByteArray()))
            .process(Folding::new, STORE)
            .to(prefix + "decisions", Produced.with(Serdes.String(), Serdes.ByteArray()));
        return new KafkaStreams(builder.build(), settings(given));
    }

    private static Properties settings(Map<String, String> given) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, given.get("app"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, given.get("kafka"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, given.get("dir"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        if (given.containsKey("commit")) {
            settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, given.get("commit"));
        }
        return settings;
    }

    private static final class Folding
            extends ContextualProcessor<String, byte[], String, byte[]> {
        private KeyValueStore<String, byte[]> rows;

        @Override
        public void init(ProcessorContext<String, byte[]> context) {
            super.init(context);
            rows = context.getStateStore(STORE);
        }

        @Override
        public void process(Record<String, byte[]> event) {
            try {
                Fold.Result result = Fold.fold(rows.get(event.key()), event.value());
                rows.put(event.key(), result.row());
                if (result.output() != null) {
                    context().forward(event.withValue(result.output()));
                }
            } catch (IOException problem) {
                throw new UncheckedIOException(problem);
            }
        }
    }
}
