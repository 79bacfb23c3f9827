"""Milvus 2.3.5 as a cluster: a process for each role, two query nodes among them, in one namespace.

Its messages go through the mock broker of librdkafka, which keeps nothing, so each cluster is
fresh. Run as a module, this is the inside.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

from tests.indexer.index.engine.milvus_server import (
    PORT,
    STARTING_SECONDS,
    installed,
    move_in,
    running,
    unavailable,
)
from tests.indexer.index.engine.namespace import relay

_QUERY_NODE = "querynode"
_ROLES = (
    *("rootcoord", "datacoord", "querycoord", "indexnode", "datanode", "proxy"),
    *(_QUERY_NODE, _QUERY_NODE),
)
_ETCD_PORT = 2379
_FIRST_PORT = 21_200  # of the query nodes
_FIRST_HEALTH_PORT = 9_100
_CONFIGURATION = """
etcd: {{endpoints: "127.0.0.1:{etcd}", use: {{embed: false}}}}
localStorage: {{path: "{files}"}}
mq: {{type: kafka}}
kafka: {{brokerList: "{broker}"}}
common: {{storageType: local}}
log: {{level: warn}}
rootCoord: {{port: 53100}}
dataCoord: {{port: 13333}}
queryCoord: {{port: 19531}}
indexNode: {{port: 21121}}
dataNode: {{port: 21124}}
proxy: {{port: {proxy}, internalPort: 19529}}
"""


class Cluster(NamedTuple):
    port: int  # that leads to the proxy
    query_nodes: list[int]  # ids of their processes


@contextlib.contextmanager
def cluster(cache: Path, folder: Path) -> Iterator[Cluster]:
    """A fresh cluster with its data in `folder`; skips if it cannot be had."""
    data = folder / "data"
    data.mkdir()
    parts = (installed(cache), _etcd(cache), data, folder / "milvus.sock")
    with running(__name__, *parts) as (port, query_nodes):
        yield Cluster(port, [int(each) for each in query_nodes])


def _etcd(cache: Path) -> Path:
    """The program, from Debian's package if it is not installed."""
    if there := shutil.which("etcd"):
        return Path(there)
    unpacked = cache / "etcd"
    if not unpacked.exists():
        try:
            subprocess.run(["apt-get", "download", "-qq", "etcd-server"], cwd=cache, check=True)
            (package,) = cache.glob("etcd-server_*.deb")
            subprocess.run(["dpkg-deb", "--extract", package, unpacked], check=True)
            package.unlink()
        except (OSError, subprocess.CalledProcessError) as error:
            unavailable(f"there is no etcd, install Debian's etcd-server: {error}")
    return unpacked / "usr" / "bin" / "etcd"


def _inside(cache: str, etcd: str, data: str, entrance: str) -> None:
    move_in(data)
    files = {"etcd": _ETCD_PORT, "broker": _broker(cache), "files": f"{data}/files", "proxy": PORT}
    Path(data, "milvus.yaml").write_text(_CONFIGURATION.format(**files))
    Path(data, "glog.conf").write_text("--logtostderr=true\n--minloglevel=2\n")
    _start(data, "etcd", [etcd, "--data-dir", f"{data}/etcd"], {})
    processes = [_start_role(cache, data, *each) for each in enumerate(_ROLES)]
    pairs = zip(_ROLES, processes, strict=True)
    query_nodes = [process.pid for role, process in pairs if role == _QUERY_NODE]
    with relay(entrance, ("127.0.0.1", PORT)):
        if not _are_healthy():
            sys.exit(f"see the logs in {data}")
        print("ready", *query_nodes, flush=True)
        for each in processes:
            each.wait()


def _start_role(cache: str, data: str, number: int, role: str) -> subprocess.Popen[bytes]:
    variables = {
        "MILVUSCONF": data,
        "LD_LIBRARY_PATH": f"{cache}/bin",
        "METRICS_PORT": str(_FIRST_HEALTH_PORT + number),
        "QUERYNODE_PORT": str(_FIRST_PORT + number),
    }
    command = [f"{cache}/bin/milvus", "run", role, "--alias", str(number)]
    return _start(data, f"{role}-{number}", command, variables)


def _broker(cache: str) -> str:
    """The address of a broker in threads of this process."""
    kafka = ctypes.CDLL(f"{cache}/bin/librdkafka.so.1")
    pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    for name, result, arguments in (
        ("conf_new", pointer, ()),
        ("new", pointer, (number, pointer, text, ctypes.c_size_t)),
        ("mock_cluster_new", pointer, (pointer, number)),
        ("mock_cluster_bootstraps", text, (pointer,)),
    ):
        function = getattr(kafka, f"rd_kafka_{name}")
        function.restype, function.argtypes = result, arguments
    client = kafka.rd_kafka_new(0, kafka.rd_kafka_conf_new(), None, 0)
    brokers: bytes = kafka.rd_kafka_mock_cluster_bootstraps(
        kafka.rd_kafka_mock_cluster_new(client, 1)
    )
    return brokers.decode()


def _start(
    data: str, name: str, command: list[str], variables: dict[str, str]
) -> subprocess.Popen[bytes]:
    with Path(data, f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            command, env=os.environ | variables, cwd=data, stdout=log, stderr=log
        )


def _are_healthy() -> bool:
    waiting = [*range(_FIRST_HEALTH_PORT, _FIRST_HEALTH_PORT + len(_ROLES))]
    until = time.monotonic() + STARTING_SECONDS
    while waiting and time.monotonic() < until:
        with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{waiting[0]}/healthz"):
            waiting.pop(0)
            continue
        time.sleep(0.1)
    return not waiting


if __name__ == "__main__":
    _inside(*sys.argv[1:])
