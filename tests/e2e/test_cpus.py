#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
CHILD SAs for each CPU (RFC 9611) between two gateways of ours with two workers each:
flows that come by both queues have the fall-back brought up, then an SA for each
worker, by which it sends; where one of these ends the fall-back carries on.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from flows import Flow, sink, snmp, two_queues  # noqa: E402
from ike_conf import ike_conf  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402
from swanctl import swanctl  # noqa: E402

FAR_HOST = "10.2.0.2"
FLOWS = 32          # by source ports of their own, hence by either queue
PPS = 1000
WAIT_S = 10


def conf(side, start_action):
    return ike_conf(side, start_action=start_action).replace(
        "gateway {", "gateway {\n    workers = 2").replace(
        "                local_ts =",
        "                per_cpu_sas = yes\n                local_ts =")


def children(gateway):
    """Those in use, by their CPU; the fall-back has none."""
    sas = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    found = [c for named in sas for sa in named.values()
             for c in sa["child-sas"].values() if c["state"] == "INSTALLED"]
    return {c.get("cpu"): c for c in found if c["per-cpu-sas"] == "yes"}


def sent(gateway):
    return {cpu: int(c["packets-out"]) for cpu, c in children(gateway).items()}


def flows(lab, gateways, seconds, meanwhile=None):
    """All arrive, whatever happens meanwhile."""
    before = snmp(lab, "host-b", "Ip", "InDelivers")
    lost = [g.drops() for g in gateways]
    flow = Flow(lab, "host-a", FAR_HOST, PPS, seconds, FLOWS)
    if meanwhile:
        meanwhile()
    n = flow.end()
    wait_until(lambda: snmp(lab, "host-b", "Ip", "InDelivers") - before >= n,
               5, "the last ones")
    ok([g.drops() for g in gateways] == lost, "nothing was dropped")


def main():
    with Lab() as lab:
        for ns, ifname in (("host-a", "eth0"), ("wire", "a"), ("wire", "b")):
            two_queues(lab, ns, ifname)
        gateways = [lab.start_gateway("gw-b", conf("b", "none")),
                    lab.start_gateway("gw-a", conf("a", "trap"))]
        b, a = gateways
        udp = sink(lab, "host-b")
        lab.run("host-a", ["ping", "-c", "1", "-W", "5", FAR_HOST])
        flows(lab, gateways, 1)
        wait_until(lambda: len(children(a)) == 3, WAIT_S, "an SA for each")
        ok(set(children(a)) == set(children(b)) == {None, 0, 1},
           f"a fall-back and one for each worker: {list(children(a))}, "
           f"{list(children(b))}")
        before = sent(a)
        flows(lab, gateways, 1)
        more = {cpu: n - before[cpu] for cpu, n in sent(a).items()}
        ok(more[None] == 0 and min(more[0], more[1]) > 100,
           f"each worker sends by its own: {more}")

        own = children(a)[1]

        def end_one():
            done = swanctl(lab, "--terminate", "--child-id",
                           str(own["uniqueid"]))
            ok(done.returncode == 0, f"one ends: {done.stdout}{done.stderr}")
        flows(lab, gateways, 2, end_one)
        wait_until(lambda: children(a).get(1, own)["uniqueid"] !=
                   own["uniqueid"], WAIT_S, "another one for that worker")
        ok(sent(a)[None] > before[None],
           f"one ended, and meanwhile the fall-back carried: "
           f"{before} {sent(a)}")
        udp.close()
    return finish()


sys.exit(main())
