# SPDX-License-Identifier: BSD-2-Clause
"""
ESP and AH of a guest's kernel (qemu.py), beside a gateway of ours, with keys by hand:
what either side has to be told of an SA.

    keys = [xfrm.make_keys(row) for row in table]
    gateway = lab.start_gateway("gw-a", xfrm.conf(table, keys))
    xfrm.tell(guest, table, keys)
"""
import itertools
import secrets
from collections import namedtuple

from lab import SIDES, SOCKET, STATE, ok

FAMILIES = (4, 6)
OURS = {4: SIDES["a"].outer, 6: SIDES["a"].outer6}
LAN = {4: SIDES["a"].lan, 6: SIDES["a"].lan6}
WINDOW = 32
# Our name of it: Linux's, its key in octets, the salt included, and the ICV in bits.
AEADS = {
    **{f"aes{bits}gcm{icv}": ("rfc4106(gcm(aes))", bits // 8 + 4, 8 * icv)
       for icv in (16, 12, 8) for bits in (128, 192, 256)},
    "chacha20poly1305": ("rfc7539esp(chacha20,poly1305)", 36, 128),
    **{f"aes{bits}ccm{icv}": ("rfc4309(ccm(aes))", bits // 8 + 3, 8 * icv)
       for icv in (16, 12, 8) for bits in (128, 192, 256)},
    **{f"aes{bits}gmac": ("rfc4543(gcm(aes))", bits // 8 + 4, 128)
       for bits in (128, 192, 256)}}
# Linux's name, and its key in octets.
CIPHERS = {
    **{f"aes{bits}": ("cbc(aes)", bits // 8) for bits in (128, 192, 256)},
    **{f"aes{bits}ctr": ("rfc3686(ctr(aes))", bits // 8 + 4)
       for bits in (128, 192, 256)},
    "null": ("ecb(cipher_null)", 0), "3des": ("cbc(des3_ede)", 24),
    "des": ("cbc(des)", 8)}
# Likewise, and the ICV in bits.
MACS = {"sha1": ("hmac(sha1)", 20, 96), "sha256": ("hmac(sha256)", 32, 128),
        "sha384": ("hmac(sha384)", 48, 192), "sha512": ("hmac(sha512)", 64, 256),
        "aesxcbc": ("xcbc(aes)", 16, 96), "aescmac": ("cmac(aes)", 16, 96),
        "sha1_160": ("hmac(sha1)", 20, 160), "md5": ("hmac(md5)", 16, 96),
        "md5_128": ("hmac(md5)", 16, 128)}
# Each row has a network behind the peer, which has its first address; in transport
# mode an address of the peer's to itself. carrier: the row of AH that it is carried by.
Row = namedtuple("Row", "name peer esp lan net target proto in_udp carrier",
                 defaults=("esp", False, None))

HEAD = f"""\
gateway {{
    protected = lan0
    unprotected = wan0
    workers = 2
    socket = {SOCKET}
    state_dir = {STATE}
    allow_manual_counter_mode = yes
    allow_weak_algorithms = yes
}}
"""
MANUAL = """\
    {name} {{
        local_addrs = {ours}
        remote_addrs = {peer}
        mode = {mode}
        {proto}_proposals = {esp}
        {more}
        in {{
            spi = {spi_in:#x}
{keys_in}        }}
        out {{
            spi = {spi_out:#x}
{keys_out}        }}
    }}
"""
POLICY = """\
    {name} {{
        action = protect
        local_ts = {lan}
        remote_ts = {net}
        manual = {name}
    }}
"""


def family_of(address):
    return 6 if ":" in address else 4


def target(number, family):
    """The peer's in its network of that number."""
    return f"10.2.{number}.1" if family == 4 else f"2001:db8:2:{number}::1"


def make_row(number, name, esp, peer, inner=4, proto="esp", in_udp=False):
    net = f"10.2.{number}.0/24" if inner == 4 else f"2001:db8:2:{number}::/64"
    return Row(name, peer, esp, LAN[inner], net, target(number, inner), proto, in_udp)


def transport_row(name, esp, peer, proto="esp", in_udp=False):
    """Between us and the peer's address."""
    return Row(name, peer, esp, OURS[family_of(peer)], peer, peer, proto, in_udp)


def in_ah(row, ah):
    """The same, carried by AH (RFC 4301 calls it nested) with this proposal."""
    carrier = transport_row(f"{row.name}-carrier", ah, row.peer, "ah")
    return row._replace(carrier=carrier)


def is_transport(row):
    return row.peer == row.net


def ours(row):
    """Our address between which and the peer's it is."""
    return OURS[family_of(row.peer)]


def batch(guest, lines):
    """Commands of ip."""
    guest.write("/run/batch", "\n".join(lines) + "\n")
    guest.run(["ip", "-batch", "/run/batch"], timeout=60)


def faults(guest):
    """What Linux counts when it does not take a packet."""
    lines = guest.run(["cat", "/proc/net/xfrm_stat"]).stdout.splitlines()
    return {name: int(n) for name, n in map(str.split, lines) if int(n)}


def check_counters(guest, gateway, what):
    dropped = {name: n for name, n in gateway.drops().items() if n}
    ok(not dropped, f"{what}: the gateway dropped nothing: {dropped}")
    theirs = faults(guest)
    ok(not theirs, f"{what}: nor did Linux: {theirs}")


def algorithms(esp):
    """What encrypts and the MAC, without what is said of sequence numbers; None."""
    words = esp.removesuffix("-noesn").removesuffix("-esn").split("-")
    encr = None if words[0] in MACS else words[0]
    return encr, words[-1] if words[-1] in MACS else None


def make_sa(esp):
    """The keys of an SA, as our configuration and as Linux's ip want them."""
    encr, mac = algorithms(esp)
    conf_text, linux = "", []
    if mac:
        name, octets, icv_bits = MACS[mac]
        key = secrets.token_hex(octets)
        conf_text += f"            integ_key = 0x{key}\n"
        linux.append(f"auth-trunc {name} 0x{key} {icv_bits}")
    if encr:
        name, octets, *icv = AEADS.get(encr) or CIPHERS[encr]
        key = f"0x{secrets.token_hex(octets)}" if octets else '""'
        if octets:
            conf_text += f"            encr_key = {key}\n"
        linux.append(f"aead {name} {key} {icv[0]}" if icv else f"enc {name} {key}")
    return conf_text, " ".join(linux)


def more_of(row):
    if row.carrier:
        return f"bundle = {row.carrier.name}"
    return "encap = yes" if row.in_udp else ""


def make_keys(row):
    keys = {"name": row.name, "ours": ours(row), "peer": row.peer,
            "esp": row.esp, "proto": row.proto,
            "more": more_of(row),
            "mode": "transport" if is_transport(row) else "tunnel"}
    for way in ("in", "out"):
        keys[f"spi_{way}"] = 0x1000 + secrets.randbelow(0xffff000)
        keys[f"keys_{way}"], keys[f"linux_{way}"] = make_sa(row.esp)
    if row.carrier:
        keys["carrier"] = make_keys(row.carrier)
    return keys


def linux_form(row, carries):
    """What Linux has to be told of an SA of this row beside its keys."""
    any_address = "0.0.0.0" if family_of(row.peer) == 4 else "::"
    flags = ([] if is_transport(row) and not carries else ["af-unspec"]) + (
        ["esn"] if row.esp.endswith("-esn") else []) + (
        ["align4"] if row.proto == "ah" and family_of(row.peer) == 4 else [])
    return "".join([
        " flag " + " ".join(flags) if flags else "",
        f" encap espinudp 4500 4500 {any_address}" if row.in_udp else ""])


def linux_start(way, begun):
    """The last number that was used of an SA, where it is not a new one."""
    name = "replay-oseq" if way == "in" else "replay-seq"
    return (f" {name} {begun & 0xffffffff} {name}-hi {begun >> 32}"
            if begun else "")


def state_commands(number, row, keys, begun, carries=False):
    """What is our "in" goes out there."""
    us = ours(row)
    for way, src, dst in (("in", row.peer, us), ("out", us, row.peer)):
        yield (f"xfrm state add src {src} dst {dst} proto {row.proto} "
               f"spi {keys[f'spi_{way}']:#x} reqid {number} mode {keys['mode']} "
               f"replay-window {WINDOW} {keys[f'linux_{way}']}"
               f"{linux_form(row, carries)}{linux_start(way, begun)}")


def commands(number, row, keys, begun):
    us, chain = ours(row), [(row.proto, keys["mode"])]
    yield from state_commands(number, row, keys, begun)
    if row.carrier:
        chain.append(("ah", "transport"))
        yield from state_commands(number, row.carrier, keys["carrier"], begun, True)
    for way, src, dst, local, remote in (
            ("out", row.net, row.lan, row.peer, us),
            ("in", row.lan, row.net, us, row.peer)):
        yield (f"xfrm policy add src {src} dst {dst} dir {way} priority 2" +
               "".join(f" tmpl src {local} dst {remote} proto {proto} "
                       f"reqid {number} mode {mode}" for proto, mode in chain))


def pairs(keys):
    """Of all rows, what carries them too."""
    return itertools.chain(keys, (k["carrier"] for k in keys if "carrier" in k))


def conf(table, keys):
    return "".join([
        HEAD, "manual {\n", *(MANUAL.format(**k) for k in pairs(keys)), "}\npolicies {\n",
        *(POLICY.format(**row._asdict()) for row in table), "}\n"])


def tell(guest, table, keys, begun=0):
    batch(guest, itertools.chain.from_iterable(
        commands(number, row, keys[number - 1], begun)
        for number, row in enumerate(table, 1)))


def spare_neighbours(guest):
    """Linux would protect neighbour discovery as anything else."""
    batch(guest, [f"xfrm policy add src ::/0 dst ::/0 proto 58 type "
                  f"{kind} dir {way} priority 1"
                  for kind in (135, 136) for way in ("in", "out")])


def forget(guest):
    guest.run("ip xfrm state flush; ip xfrm policy flush")
