# SPDX-License-Identifier: BSD-2-Clause
"""
The laboratory with a NAT (nftables' masquerade) on the machine wire, before gw-b:

    gw-a 192.0.2.1 --- 192.0.2.9 wire 198.51.100.1 --- 198.51.100.2 gw-b
"""
from lab import SIDES, Lab

GW_A, NAT_IN, NAT_OUT, GW_B = (SIDES["a"].outer, "192.0.2.9", "198.51.100.1",
                               "198.51.100.2")
NATT = 4500

NAT = """\
flush ruleset
table ip nat {{
    chain postrouting {{
        type nat hook postrouting priority 100
        {rules}
        oifname "b" masquerade
    }}
}}
"""
RULE = 'oifname "b" ip saddr {source} udp sport {natt} masquerade to :{port}'


class NatLab(Lab):
    """A Lab in which, once it is built, who is behind the NAT reaches gw-b."""

    def build_nat(self):
        for ns, *command in (
                ("wire", "link", "set", "dev", "b", "nomaster"),
                ("wire", "address", "add", f"{NAT_OUT}/24", "dev", "b"),
                ("gw-b", "address", "flush", "dev", "wan0"),
                ("gw-b", "address", "add", f"{GW_B}/24", "dev", "wan0")):
            self.run(ns, ["ip", *command])
        self.run("wire", ["sysctl", "-qw", "net.ipv4.ip_forward=1"])
        self.put_behind("gw-a")

    def put_behind(self, ns):
        self.run(ns, ["ip", "route", "add", "198.51.100.0/24",
                      "via", NAT_IN])

    def map_to(self, ports):
        """
        From now on these are the NAT's ports, by address behind it, for ESP in UDP,
        and what was mapped is forgotten.
        """
        rules = [RULE.format(source=source, natt=NATT, port=port)
                 for source, port in ports.items()]
        self.run("wire", ["nft", "-f", self.write(
            "nat.conf", NAT.format(rules="\n        ".join(rules)))])
        # What masquerades ends with the address that it has.
        for verb in "del", "add":
            self.run("wire", ["ip", "address", verb, f"{NAT_OUT}/24", "dev",
                              "b"])
