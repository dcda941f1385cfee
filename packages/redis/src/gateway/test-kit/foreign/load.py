"""Load through the gateway until standard input ends; then one line of JSON tells what the application saw.

redis-py with its own pool: writers, a pipeline, a transaction, a queue with a blocking worker, and a subscriber.
Nothing is tried again here, so whatever redis-py raises is seen; with `defaults`, its own timeouts and retries are
left alone.
"""

import asyncio
import json
import sys
import threading

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry
import redis.asyncio.retry

MODE, PORT = sys.argv[1], int(sys.argv[2])
DEFAULTS = sys.argv[3:] == ["defaults"]
WRITERS = 4
PIPELINED = 3
ADDRESS = {"port": PORT, "decode_responses": True}


def options(retry):
    return ADDRESS if DEFAULTS else {**ADDRESS, "socket_timeout": 30, "retry": retry(NoBackoff(), 0)}


seen = {"version": redis.__version__, "acknowledged": [], "unknown": [], "failed": [], "popped": [], "messages": []}


def fail(what, error):
    """The unknown outcome is an answer; anything else is a failover that reached the application."""
    kind = "unknown" if str(error).startswith("OUTCOMEUNKNOWN") else "failed"
    seen[kind].append(f"{what}: {type(error).__name__}: {error}")


def take(values, answers):
    """Each command of a pipeline has an answer of its own."""
    for value, answer in zip(values, answers, strict=True):
        if isinstance(answer, Exception):
            fail(value, answer)
        else:
            seen["acknowledged"].append(value)


def plan(name):
    """What each worker does, as commands: the same for both kinds of client."""
    number = 0
    while True:
        number += 1
        yield f"{name}-{number}"


# ---- sync


def run_sync():
    client = redis.Redis(**options(Retry))
    stopping = threading.Event()

    def forever(operate, name):
        def work():
            for value in plan(name):
                if stopping.is_set():
                    return
                try:
                    operate(value)
                except Exception as error:
                    fail(value, error)

        return threading.Thread(target=work, name=name)

    def write(value):
        client.rpush("load:values", value)
        seen["acknowledged"].append(value)

    def write_several(value):
        values = [f"{value}.{part}" for part in range(PIPELINED)]
        with client.pipeline(transaction=False) as pipe:
            for each in values:
                pipe.rpush("load:values", each)
            take(values, pipe.execute(raise_on_error=False))

    def transact(value):
        with client.pipeline(transaction=True) as pipe:
            pipe.incr("load:counter")
            pipe.rpush("load:transactions", value)
            pipe.execute()

    def produce(value):
        client.rpush("load:queue", value)
        client.publish("load:news", value)

    def pop(_):
        item = client.blpop(["load:queue"], timeout=1)
        if item is not None:
            seen["popped"].append(item[1])

    subscription = client.pubsub()
    subscription.subscribe("load:news")

    def listen(_):
        message = subscription.get_message(ignore_subscribe_messages=True, timeout=0.2)
        if message is not None:
            seen["messages"].append(message["data"])

    workers = [forever(write, f"writer{at}") for at in range(WRITERS)]
    workers += [forever(write_several, "pipeline"), forever(transact, "transaction"), forever(produce, "producer")]
    workers += [forever(pop, "worker"), forever(listen, "subscriber")]
    for worker in workers:
        worker.start()
    sys.stdin.read()
    stopping.set()
    for worker in workers:
        worker.join()


# ---- asyncio


async def run_asyncio():
    client = redis.asyncio.Redis(**options(redis.asyncio.retry.Retry))
    stopping = asyncio.Event()

    async def forever(operate, name):
        for value in plan(name):
            if stopping.is_set():
                return
            try:
                await operate(value)
            except Exception as error:
                fail(value, error)

    async def write(value):
        await client.rpush("load:values", value)
        seen["acknowledged"].append(value)

    async def write_several(value):
        values = [f"{value}.{part}" for part in range(PIPELINED)]
        async with client.pipeline(transaction=False) as pipe:
            for each in values:
                pipe.rpush("load:values", each)
            take(values, await pipe.execute(raise_on_error=False))

    async def transact(value):
        async with client.pipeline(transaction=True) as pipe:
            await pipe.incr("load:counter").rpush("load:transactions", value).execute()

    async def produce(value):
        await client.rpush("load:queue", value)
        await client.publish("load:news", value)

    async def pop(_):
        item = await client.blpop(["load:queue"], timeout=1)
        if item is not None:
            seen["popped"].append(item[1])

    subscription = client.pubsub()
    await subscription.subscribe("load:news")

    async def listen(_):
        message = await subscription.get_message(ignore_subscribe_messages=True, timeout=0.2)
        if message is not None:
            seen["messages"].append(message["data"])

    workers = [asyncio.create_task(forever(write, f"writer{at}")) for at in range(WRITERS)]
    others = [(write_several, "pipeline"), (transact, "transaction"), (produce, "producer"), (pop, "worker")]
    for operate, name in [*others, (listen, "subscriber")]:
        workers.append(asyncio.create_task(forever(operate, name)))
    await asyncio.to_thread(sys.stdin.read)
    stopping.set()
    await asyncio.gather(*workers)
    await subscription.aclose()
    await client.aclose()


if MODE == "sync":
    run_sync()
else:
    asyncio.run(run_asyncio())
print(json.dumps(seen))
