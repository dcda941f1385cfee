import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.MessageProperties;
import com.rabbitmq.client.Recoverable;
import com.rabbitmq.client.RecoveryListener;
import com.rabbitmq.client.impl.ClientVersion;
import com.rabbitmq.client.impl.ForgivingExceptionHandler;
import java.io.IOException;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Load through the gateway until standard input ends; lines of JSON tell what the application sees.
 *
 * <p>The Java client as its users write it: a quorum queue, publisher confirms, manual acks with a prefetch of 50, and
 * its own recovery switched on, as it is by default. Whatever it throws, logs or tells its listeners is seen.
 */
public class Load {
  private static final long EVERY_MS = 10;
  private static final int PREFETCH = 50;
  private static final long LAST_MS = 30_000;

  private static final Set<String> confirmed = ConcurrentHashMap.newKeySet();
  private static final Set<String> consumed = ConcurrentHashMap.newKeySet();
  private static volatile int published = 0;
  private static volatile boolean hasEnded = false;

  private static String quoted(Object text) {
    return '"' + String.valueOf(text).replaceAll("[\"\\\\\\p{Cntrl}]", "'") + '"';
  }

  private static synchronized void say(String line) {
    System.out.println(line);
  }

  /** A failover that reached the application. */
  private static void trouble(String what, Object cause) {
    if (!hasEnded) say("{\"type\":\"trouble\",\"what\":" + quoted(what + ": " + cause) + "}");
  }

  private static boolean isDone() {
    return confirmed.size() == published && consumed.containsAll(confirmed);
  }

  private static Channel open(Connection connection) throws IOException {
    Channel channel = connection.createChannel();
    channel.addShutdownListener(cause -> trouble("channel shut down", cause));
    watchRecovery("channel", channel);
    return channel;
  }

  private static void watchRecovery(String what, Object recoverable) {
    ((Recoverable) recoverable).addRecoveryListener(new RecoveryListener() {
      @Override
      public void handleRecoveryStarted(Recoverable ignored) {
        say("{\"type\":\"recovery\",\"what\":" + quoted(what) + "}");
      }

      @Override
      public void handleRecovery(Recoverable ignored) {}
    });
  }

  private static ConnectionFactory factory(int port) {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost("127.0.0.1");
    factory.setPort(port);
    factory.setRequestedHeartbeat(4);
    factory.setExceptionHandler(new ForgivingExceptionHandler() {
      @Override
      protected void log(String message, Throwable error) {
        trouble(message, error);
      }
    });
    return factory;
  }

  private static void run(String name, int port) throws Exception {
    ConnectionFactory factory = factory(port);
    if (!factory.isAutomaticRecoveryEnabled()) throw new IllegalStateException("recovery is off");
    Connection connection = factory.newConnection(name);
    connection.addShutdownListener(cause -> trouble("connection shut down", cause));
    watchRecovery("connection", connection);
    Channel publishing = open(connection);
    Channel consuming = open(connection);
    publishing.queueDeclare(name, true, false, false, Map.of("x-queue-type", "quorum"));

    NavigableMap<Long, String> unconfirmed = new ConcurrentSkipListMap<>();
    publishing.confirmSelect();
    publishing.addConfirmListener(
        (upTo, isMultiple) -> {
          var acked = isMultiple ? unconfirmed.headMap(upTo, true) : unconfirmed.subMap(upTo, true, upTo, true);
          for (String id : acked.values()) {
            confirmed.add(id);
            say("{\"type\":\"confirmed\",\"id\":" + quoted(id) + "}");
          }
          acked.clear();
        },
        (tag, isMultiple) -> trouble("nack", tag));
    consuming.basicQos(PREFETCH);
    consuming.basicConsume(name, false, new DefaultConsumer(consuming) {
      @Override
      public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body)
          throws IOException {
        String id = new String(body);
        Map<String, Object> headers = properties.getHeaders();
        boolean isResent = headers != null && headers.containsKey("x-failover-resent");
        consumed.add(id);
        say("{\"type\":\"consumed\",\"id\":" + quoted(id) + ",\"redelivered\":" + envelope.isRedeliver()
            + ",\"resent\":" + isResent + "}");
        consuming.basicAck(envelope.getDeliveryTag(), false);
      }

      @Override
      public void handleCancel(String tag) {
        trouble("cancel", tag);
      }
    });
    say("{\"type\":\"ready\",\"version\":" + quoted(ClientVersion.VERSION) + "}");

    CountDownLatch stopping = new CountDownLatch(1);
    Thread listening = new Thread(() -> {
      try {
        System.in.readAllBytes();
      } catch (IOException ignored) {
        // It has ended, too.
      }
      stopping.countDown();
    });
    listening.setDaemon(true);
    listening.start();
    do {
      String id = name + "-" + ++published;
      unconfirmed.put(publishing.getNextPublishSeqNo(), id);
      publishing.basicPublish("", name, MessageProperties.PERSISTENT_BASIC, id.getBytes());
    } while (!stopping.await(EVERY_MS, TimeUnit.MILLISECONDS));
    long until = System.currentTimeMillis() + LAST_MS;
    while (!isDone() && System.currentTimeMillis() < until) Thread.sleep(100);
    hasEnded = true;
    connection.close();
  }

  public static void main(String[] args) {
    try {
      run(args[0], Integer.parseInt(args[1]));
    } catch (Exception error) {
      trouble("exception", error);
    }
    say("{\"type\":\"ended\",\"published\":" + published + "}");
    System.exit(0);
  }
}
