import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.json.JSONObject;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisPooled;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.Response;

/**
 * Load through the gateway until standard input ends; then one line of JSON tells what the application saw.
 *
 * <p>Jedis with its own pool: writers, a pipeline, a transaction, a queue with a blocking worker, and a subscriber.
 * Nothing is tried again here, so whatever Jedis throws is seen; with {@code defaults}, its own timeouts are left alone.
 */
public class Load {
  private interface Operation {
    void run(String value) throws Exception;
  }

  private static final int WRITERS = 4;
  private static final int PIPELINED = 3;
  private static final AtomicBoolean stopping = new AtomicBoolean();
  private static final List<String> acknowledged = list();
  private static final List<String> unknown = list();
  private static final List<String> failed = list();
  private static final List<String> popped = list();
  private static final List<String> messages = list();

  private static List<String> list() {
    return Collections.synchronizedList(new ArrayList<>());
  }

  /** The unknown outcome is an answer; anything else is a failover that reached the application. */
  private static void fail(String value, Exception error) {
    boolean isUnknown = String.valueOf(error.getMessage()).startsWith("OUTCOMEUNKNOWN");
    (isUnknown ? unknown : failed).add(value + ": " + error);
  }

  private static Thread forever(String name, Operation operation) {
    Thread thread = new Thread(() -> {
      for (int number = 1; !stopping.get(); number++) {
        String value = name + "-" + number;
        try {
          operation.run(value);
        } catch (Exception error) {
          fail(value, error);
        }
      }
    });
    thread.start();
    return thread;
  }

  public static void main(String[] args) throws Exception {
    HostAndPort at = new HostAndPort("127.0.0.1", Integer.parseInt(args[0]));
    var config = DefaultJedisClientConfig.builder();
    if (args.length < 2 || !args[1].equals("defaults")) config.socketTimeoutMillis(30_000);
    var pooling = new org.apache.commons.pool2.impl.GenericObjectPoolConfig<Connection>();
    pooling.setMaxTotal(32);
    pooling.setMaxIdle(32);
    JedisPooled client = new JedisPooled(pooling, at, config.build());
    List<Thread> threads = new ArrayList<>();

    for (int writer = 0; writer < WRITERS; writer++) {
      threads.add(forever("writer" + writer, value -> {
        client.rpush("load:values", value);
        acknowledged.add(value);
      }));
    }
    threads.add(forever("pipeline", value -> {
      try (var pipeline = client.pipelined()) {
        List<Response<Long>> answers = new ArrayList<>();
        for (int part = 0; part < PIPELINED; part++) {
          answers.add(pipeline.rpush("load:values", value + "." + part));
        }
        pipeline.sync();
        // Each command has an answer of its own.
        for (int part = 0; part < PIPELINED; part++) {
          try {
            answers.get(part).get();
            acknowledged.add(value + "." + part);
          } catch (Exception error) {
            fail(value + "." + part, error);
          }
        }
      }
    }));
    threads.add(forever("transaction", value -> {
      try (var transaction = client.multi()) {
        transaction.incr("load:counter");
        transaction.rpush("load:transactions", value);
        transaction.exec();
      }
    }));
    threads.add(forever("producer", value -> {
      client.rpush("load:queue", value);
      client.publish("load:news", value);
    }));
    threads.add(forever("worker", value -> {
      List<String> item = client.blpop(1, "load:queue");
      if (item != null) popped.add(item.get(1));
    }));
    JedisPubSub subscription = new JedisPubSub() {
      @Override
      public void onMessage(String channel, String message) {
        messages.add(message);
      }
    };
    Thread subscriber = new Thread(() -> {
      try {
        client.subscribe(subscription, "load:news");
      } catch (Exception error) {
        failed.add("subscriber: " + error);
      }
    });
    subscriber.start();

    System.in.readAllBytes();
    stopping.set(true);
    for (Thread thread : threads) thread.join();
    subscription.unsubscribe();
    subscriber.join(5_000);
    JSONObject seen = new JSONObject();
    seen.put("version", "5.2.0");
    seen.put("acknowledged", acknowledged);
    seen.put("unknown", unknown);
    seen.put("failed", failed);
    seen.put("popped", popped);
    seen.put("messages", messages);
    System.out.println(seen);
    System.exit(0);
  }
}
