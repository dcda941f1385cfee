"""Load through the gateway until standard input ends; lines of JSON tell what the application sees.

pika as its users write it: a quorum queue, publisher confirms, manual acks with a prefetch of 50, and nothing that would
recover. Whatever pika raises or tells its callbacks is seen.
"""

import asyncio
import json
import sys
import threading
import time

import pika
from pika.adapters.asyncio_connection import AsyncioConnection

MODE, NAME, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
EVERY_S = 0.01
PREFETCH = 50
LAST_S = 30
QUEUE = {"queue": NAME, "durable": True, "arguments": {"x-queue-type": "quorum"}}
PERSISTENT = pika.BasicProperties(delivery_mode=2)
PARAMETERS = pika.ConnectionParameters(port=PORT, heartbeat=4, client_properties={"connection_name": NAME})

stopping = threading.Event()
ended = False
published = 0
confirmed, consumed = set(), set()


def say(**line):
    print(json.dumps(line), flush=True)


def trouble(what, error):
    """A failover that reached the application."""
    if not ended:
        say(type="trouble", what=f"{what}: {type(error).__name__}: {error}")


def confirm(name):
    confirmed.add(name)
    say(type="confirmed", id=name)


def consume(channel, method, properties, body):
    name = body.decode()
    consumed.add(name)
    resent = "x-failover-resent" in (properties.headers or {})
    say(type="consumed", id=name, redelivered=method.redelivered, resent=resent)
    channel.basic_ack(method.delivery_tag)


def next_name():
    global published
    published += 1
    return f"{NAME}-{published}"


def is_done():
    return len(confirmed) == published and confirmed <= consumed


def wait_for_end():
    sys.stdin.read()
    stopping.set()


threading.Thread(target=wait_for_end, daemon=True).start()


# ---- blocking: one thread, that waits for each confirm


def run_blocking():
    global ended
    connection = pika.BlockingConnection(PARAMETERS)
    publishing, consuming = connection.channel(), connection.channel()
    publishing.queue_declare(**QUEUE)
    publishing.confirm_delivery()
    consuming.add_on_cancel_callback(lambda frame: trouble("cancel", Exception(frame)))
    consuming.basic_qos(prefetch_count=PREFETCH)
    consuming.basic_consume(NAME, consume)
    say(type="ready", version=pika.__version__)
    due = time.monotonic()
    while not stopping.is_set():
        name = next_name()
        publishing.basic_publish("", NAME, name.encode(), PERSISTENT)
        confirm(name)
        due = max(due + EVERY_S, time.monotonic())
        # Once even if it is late: nothing else calls `consume`.
        connection.process_data_events(max(0, due - time.monotonic()))
        while (left := due - time.monotonic()) > 0:
            connection.process_data_events(left)
    until = time.monotonic() + LAST_S
    while not is_done() and time.monotonic() < until:
        connection.process_data_events(0.1)
    ended = True
    connection.close()


# ---- asyncio: publishes go on, confirms come later


async def run_asyncio():
    global ended
    loop = asyncio.get_running_loop()
    opened, closed = loop.create_future(), loop.create_future()

    def on_closed(_, reason):
        trouble("connection closed", reason)
        closed.set_result(reason)

    connection = AsyncioConnection(
        PARAMETERS,
        on_open_callback=opened.set_result,
        on_open_error_callback=lambda _, error: opened.set_exception(error),
        on_close_callback=on_closed,
        custom_ioloop=loop,
    )
    await opened

    async def answer(ask, **arguments):
        answered = loop.create_future()
        ask(callback=answered.set_result, **arguments)
        return await answered

    async def open_channel():
        is_open = loop.create_future()
        channel = connection.channel(on_open_callback=is_open.set_result)
        channel.add_on_close_callback(lambda _, reason: trouble("channel closed", reason))
        channel.add_on_cancel_callback(lambda frame: trouble("cancel", Exception(frame)))
        await is_open
        return channel

    publishing, consuming = await open_channel(), await open_channel()
    unconfirmed = {}

    def on_confirm(frame):
        upto, multiple = frame.method.delivery_tag, frame.method.multiple
        for tag in [tag for tag in unconfirmed if tag == upto or (multiple and tag < upto)]:
            name = unconfirmed.pop(tag)
            if isinstance(frame.method, pika.spec.Basic.Ack):
                confirm(name)
            else:
                trouble("nack", Exception(name))

    await answer(publishing.queue_declare, **QUEUE)
    await answer(publishing.confirm_delivery, ack_nack_callback=on_confirm)
    await answer(consuming.basic_qos, prefetch_count=PREFETCH)
    await answer(consuming.basic_consume, queue=NAME, on_message_callback=consume)
    say(type="ready", version=pika.__version__)
    while not stopping.is_set() and not closed.done():
        name = next_name()
        unconfirmed[published] = name
        publishing.basic_publish("", NAME, name.encode(), PERSISTENT)
        await asyncio.sleep(EVERY_S)
    until = loop.time() + LAST_S
    while not is_done() and not closed.done() and loop.time() < until:
        await asyncio.sleep(0.1)
    ended = True
    if not closed.done():
        connection.close()
        await closed


try:
    if MODE == "blocking":
        run_blocking()
    else:
        asyncio.run(run_asyncio())
except Exception as error:
    trouble("exception", error)
say(type="ended", published=published)
