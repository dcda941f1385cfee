"""Load on a Redis Cluster by redis-py as it comes, until standard input ends; told in lines of JSON.

Threads share one RedisCluster, as in an application. Times are of CLOCK_MONOTONIC in ms, as those of all processes of
a run. Nothing is tried again here: what redis-py raises is recorded.
"""

import json
import os
import sys
import threading
import time

from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import BusyLoadingError, ClusterDownError, MasterDownError, ReadOnlyError, TryAgainError

# What the server says when it has not executed a command.
REFUSED = (BusyLoadingError, ClusterDownError, MasterDownError, ReadOnlyError, TryAgainError)
TELL_EVERY_S = 0.05
GRACE_S = 0.5

plan = json.loads(sys.argv[1])
beside = plan["beside"]
stopping = threading.Event()


def now():
    return time.monotonic_ns() / 1e6


def tell(line):
    print(json.dumps(line), flush=True)


class Worker:
    """One operation under way on a fixed schedule; what falls due meanwhile follows at once, or only the latest."""

    def __init__(self, index, every_ms, start_at, drops, invoke):
        self.index, self.every_ms, self.start_at, self.drops, self.invoke = index, every_ms, start_at, drops, invoke
        self.records = []
        self.last_ack_at = None
        self.current = None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        sequence = 0
        while True:
            scheduled_at = self.start_at + sequence * self.every_ms
            wait_ms = scheduled_at - now()
            if wait_ms > 0:
                time.sleep(wait_ms / 1000)
            if stopping.is_set():
                return
            value = f"{self.index}-{sequence}"
            record = {"worker": self.index, "value": value, "scheduledAt": scheduled_at, "invokedAt": now()}
            self.current = record
            try:
                self.invoke(value, sequence)
                ending = {"endedAt": now(), "outcome": "ok"}
                self.last_ack_at = ending["endedAt"]
            except Exception as error:
                outcome = "refused" if isinstance(error, REFUSED) else "unknown"
                text = f"{type(error).__name__}: {error}"[:120]
                ending = {"endedAt": now(), "outcome": outcome, "error": text}
            self.current = None
            self.records.append({**record, **ending})
            due = int((now() - self.start_at) // self.every_ms) if self.drops else 0
            sequence = max(sequence + 1, due)

    def ended(self):
        """All records; what has not ended by now is unsettled."""
        current = self.current
        unsettled = [] if current is None else [{**current, "endedAt": now(), "outcome": "unsettled"}]
        return list(self.records) + unsettled


def read_or_write(client, keys, worker):
    def invoke(value, sequence):
        turn = worker + sequence
        key = keys[turn % len(keys)]
        if turn // len(keys) % 2 == 0:
            client.set(key, value)
        else:
            client.get(key)

    return invoke


def connect():
    hosts = [node.rsplit(":", 1) for node in plan["nodes"]]
    client = RedisCluster(startup_nodes=[ClusterNode(host, int(port)) for host, port in hosts])
    client.rpush(f"{plan['key']}:warm", "0")
    for key in beside["keys"]:
        client.set(key, "warm")
    return client


def start_all(invokes, every_ms, drops):
    return [
        Worker(index, every_ms, start_at + index * every_ms / len(invokes), drops, invoke)
        for index, invoke in enumerate(invokes)
    ]


client = connect()
start_at = now()
appends = [lambda value, _: client.rpush(plan["key"], value)] * plan["workers"]
reads_and_writes = [read_or_write(client, beside["keys"], index) for index in range(beside["workers"])]
# A burst of what fell due meanwhile would disturb what is measured beside.
appending = start_all(appends, plan["everyMs"], drops=True)
others = start_all(reads_and_writes, beside["everyMs"], drops=False)
tell({"type": "ready"})


def tell_acks():
    while not stopping.is_set():
        tell({"type": "lastAcks", "at": [worker.last_ack_at for worker in appending]})
        time.sleep(TELL_EVERY_S)


telling = threading.Thread(target=tell_acks, daemon=True)
telling.start()
sys.stdin.read()
stopping.set()
telling.join()
time.sleep(GRACE_S)
records, beside_records = ([record for worker in workers for record in worker.ended()] for workers in (appending, others))
tell({"type": "finished", "records": records, "beside": beside_records})
# Threads that still wait for a server must not keep us.
os._exit(0)
