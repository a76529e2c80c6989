import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Kafka's own producer: sends each line of its input, a topic and a value with a tab between them, with the compression of its topic. Run as a source file:
 * java -cp JARS KafkaProduce.java BROKERS TOPIC=COMPRESSION...
 */
public final class KafkaProduce {
  public static void main(String[] args) throws Exception {
    Map<String, KafkaProducer<String, String>> producers = new HashMap<>();
    for (int i = 1; i < args.length; i++) {
      String[] topic = args[i].split("=", 2);
      producers.put(topic[0], producerOf(args[0], topic[1]));
    }
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] told = line.split("\t", 2);
      producers.get(told[0]).send(new ProducerRecord<>(told[0], told[1]));
    }
    for (KafkaProducer<String, String> producer : producers.values()) {
      producer.close();
    }
  }

  private static KafkaProducer<String, String> producerOf(String brokers, String compression) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", brokers);
    properties.put("compression.type", compression);
    properties.put("key.serializer", StringSerializer.class.getName());
    properties.put("value.serializer", StringSerializer.class.getName());
    // Batches worth compressing: several blocks of every compression.
    properties.put("linger.ms", "200");
    properties.put("batch.size", "400000");
    return new KafkaProducer<>(properties);
  }
}
