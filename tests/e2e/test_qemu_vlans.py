#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A gateway on Debian's own kernel between VLANs of one NIC, virtio_net with several
queues: XDP runs in its driver and sees the tags in the frames, one or two of them,
or none inside. The peer is Linux's own ESP in a namespace of the guest, `far`; the
host behind the gateway is another one, `near`.
"""
# Takes a CPU: it boots a machine in QEMU.
import json
import os
import re
import secrets
import sys
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import qemu  # noqa: E402
from lab import (Lab, finish, ok, search_plaintext, skip,  # noqa: E402
                 wait_until)

# The tags of the protected and of the unprotected VLAN, outermost first.
Case = namedtuple("Case", "name inside outside")
CASES = (Case("one tag", (10,), (20,)),
         Case("two tags", (100, 10), (100, 20)),
         Case("a tag outside, none inside", (), (20,)))
NEAR, FAR = "10.2.0.2", "10.1.0.2"
FLOWS = 64  # that no queue has none of them: (3/4)^64 is nothing
TCP_OCTETS = 1 << 19
COUNT = 5

NAMESPACES = f"""
set -e
ip address flush dev wan0
for ns in near far; do
    ip netns add $ns
    ip -n $ns link set dev lo up
done
ip link set dev peer0 netns near
ip -n near link set dev peer0 up
ip -n far address add {FAR}/32 dev lo
ip netns exec far iperf3 -s -D
"""


def device(nic, tags, name):
    """What the VLAN's device is called; without tags it is the NIC."""
    return name if tags else nic


def make_vlans(ip, nic, case):
    """Devices `in` and `out` on the NIC."""
    for name, tags in (("in", case.inside), ("out", case.outside)):
        lower = nic
        for depth, tag in enumerate(tags):
            last = depth == len(tags) - 1
            dev = name if last else f"s{tag}"
            protocol = "802.1Q" if last else "802.1ad"
            yield (f"{ip} link show dev {dev} >/dev/null 2>&1 || {ip} link add "
                   f"link {lower} name {dev} type vlan proto {protocol} id {tag}")
            yield f"{ip} link set dev {dev} up"
            lower = dev


def xfrm(sa, way, src, dst):
    ends = f"src {sa.src} dst {sa.dst} proto esp"
    yield (f"ip -n far xfrm state add {ends} spi {sa.spi:#x} reqid 1 mode tunnel "
           f"replay-window 32 auth-trunc 'hmac(sha256)' "
           f"0x{sa.integ_key.hex()} 128 enc 'cbc(aes)' 0x{sa.encr_key.hex()}")
    yield (f"ip -n far xfrm policy add src {src} dst {dst} dir {way} "
           f"tmpl {ends} reqid 1 mode tunnel")


def set_up(lab, guest, case):
    lab.renew_sas()
    inside = device("wan0", case.inside, "in")
    peer_inside = device("peer0", case.inside, "in")
    guest.run("\n".join([
        "set -e", *make_vlans("ip", "wan0", case),
        *make_vlans("ip -n near", "peer0", case),
        f"ip address add 10.2.0.1/24 dev {inside}",
        "ip address add 192.0.2.2/24 dev out",
        f"ip -n near address add {NEAR}/24 dev {peer_inside}",
        "ip -n near route add default via 10.2.0.1",
        "ip -n near link set dev out netns far",
        "ip -n far link set dev out up",
        "ip -n far address add 192.0.2.1/24 dev out",
        f"ip -n far route add 10.2.0.0/24 via 192.0.2.2 src {FAR}",
        *xfrm(lab.sa_ab, "out", "10.1.0.0/24", "10.2.0.0/24"),
        *xfrm(lab.sa_ba, "in", "10.2.0.0/24", "10.1.0.0/24")]), timeout=20)
    guest.start_gateway(lab.default_conf("b").replace("wan0", "out").replace(
        "lan0", inside))


def take_down(guest):
    """Of these devices there are some; what stands on another goes with it."""
    guest.stop_gateway()
    guest.run("""
for ip in "ip -n far" "ip -n near" ip; do
    for device in in out s100; do
        $ip link del dev $device
    done
done
ip -n far xfrm state flush
ip -n far xfrm policy flush
ip -n near address flush dev peer0
ip address flush dev wan0
""")


def ping(guest, ns, target, needle):
    """From a namespace, or from the gateway itself, by its address inside."""
    where = f"ip netns exec {ns} ping" if ns else "ping -I 10.2.0.1"
    return guest.run(f"{where} -n -c {COUNT} -i 0.1 -W 1 -p {needle.hex()} "
                     f"{target}", check=False).returncode == 0


def outside(lab, case):
    """A capture of the unprotected VLAN, on the wire of the guest's NIC."""
    tags = " and ".join(f"vlan {tag}" for tag in case.outside)
    return lab.capture("gw-b", "tap-wan0", tags)


def check_protected(lab, guest, case):
    status = json.loads(guest.client("status", "--json").stdout)["interfaces"]
    ok({(i["xdp"], i["queues"]) for i in status.values()} ==
       {("native", qemu.QUEUES)},
       f"{case.name}: XDP runs in virtio_net, with {qemu.QUEUES} queues")
    ok("rx-vlan-offload: off" in guest.run(["ethtool", "-k", "wan0"]).stdout,
       f"{case.name}: and its tags are in the frames")
    needle = secrets.token_bytes(16)
    wire = outside(lab, case)
    ok(ping(guest, "near", FAR, needle) and ping(guest, None, FAR, needle),
       f"{case.name}: who is inside reaches Linux's own ESP, "
       "and so does the gateway itself")
    packets = wire.stop()
    ok(len([p for p in packets if p.haslayer("ESP")]) == 4 * COUNT and
       not search_plaintext(packets, needle),
       f"{case.name}: outside all of it is ESP")


def received(guest):
    """By each queue of the NIC."""
    lines = guest.run(["ethtool", "-S", "wan0"]).stdout
    return list(map(int, re.findall(r"rx_queue_\d+_packets: (\d+)", lines)))


def iperf3(guest, *words):
    """Octets that arrived, and datagrams that did not."""
    done = guest.run(["ip", "netns", "exec", "near", "iperf3", "-J", "-c", FAR,
                      *words], timeout=30)
    end = json.loads(done.stdout)["end"]
    total = end.get("sum") or end["sum_received"]
    return total["bytes"], total.get("lost_packets", 0)


def check_queues(guest, case):
    before = received(guest)
    octets, lost = iperf3(guest, "-u", "-t", "1", "-P", str(FLOWS), "-l", "200",
                          "-b", "8k")
    by_queue = [now - then for now, then in zip(received(guest), before)]
    ok(octets and not lost,
       f"{case.name}: datagrams of {FLOWS} flows arrive, none is lost: {lost}")
    # Who spreads them, outside of the guest, does not look behind two tags.
    if len(case.outside) == 1:
        ok(len(by_queue) == qemu.QUEUES and all(by_queue),
           f"{case.name}: they come by every queue: {by_queue}")
    for way in ((), ("-R",)):
        octets, _ = iperf3(guest, "-n", str(TCP_OCTETS), *way)
        # The server does not count what is still under way.
        ok(octets > TCP_OCTETS // 4, f"{case.name}: TCP "
           f"{'from' if way else 'to'} the other side carries {octets} octets")
    drops = guest.drops()
    ok(not drops, f"{case.name}: nothing was dropped: {drops}")


def check_killed(lab, guest, case):
    """Nobody is there any more, but the program is."""
    guest.run("kill -9 $(pidof cygnetd); "
              "ip route replace 10.1.0.0/24 via 192.0.2.1")
    needle = secrets.token_bytes(16)
    wire = outside(lab, case)
    arrived = ping(guest, "near", FAR, needle) or ping(guest, None, FAR, needle)
    ok(not arrived and not search_plaintext(wire.stop(), needle),
       f"{case.name}: a gateway that is killed lets nothing out in the clear")
    guest.run(["/cygnet/cygnetd", "--release"])
    wire = outside(lab, case)
    ping(guest, "near", FAR, needle)
    ok(search_plaintext(wire.stop(), needle), f"{case.name}: released, it does")


def main():
    why = qemu.missing()
    if why:
        skip("a gateway runs between VLANs of one NIC", why)
        return finish()
    with Lab() as lab:
        guest = qemu.start(lab, "gw-b", programs=["ping", "iperf3"],
                           more={"peer0": "wan0"})
        guest.run(NAMESPACES)
        for case in CASES:
            set_up(lab, guest, case)
            check_protected(lab, guest, case)
            if case.inside:
                check_queues(guest, case)
            if len(case.outside) == 2:
                check_killed(lab, guest, case)
            take_down(guest)
    return finish()


sys.exit(main())
