// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/help.h"

#include "ctrl/cli/check.h"
#include "ctrl/cli/commands.h"

const char help_general_head[] =
	"Usage: cygnet [OPTIONS] COMMAND\n"
	"\n"
	"Shows and tells the IPsec gateway cygnetd what to do. This is version " CYG_VERSION
	".\n"
	"\n"
	"Commands:\n";

const char help_general_tail[] =
	"\n"
	"Options:\n"
	"  -j, --json      print the daemon's answer as JSON\n"
	"  -u, --uri=URI   the daemon's socket (" DEFAULT_URI ")\n"
	"  -h, --help      this text, or with a command that command's\n"
	"\n"
	"Exit code: 0 fine; 1 the daemon refused or was not reachable; 2 wrong usage;\n"
	"3 a tunnel that should be up is not (status --check). Those of doctor: 0 nothing to\n"
	"do, 1 warnings, 2 errors; of explain, which begin with 4, see its help.\n"
	"\n"
	"Example:\n"
	"  cygnet status\n";

const char help_status[] =
	"Usage: cygnet [-j] [-u URI] status [-c]\n"
	"\n"
	"Shows gateway, interfaces, and a line for each tunnel that is configured. One\n"
	"that is up is `passing` when both directions had a packet within the last 60 s,\n"
	"`one-way` when one had, and else `idle`. Of one that is not the last failure\n"
	"stands below, with both sides' proposals or selectors where they have nothing in\n"
	"common; a peer that only refuses ours gives no details. Several SAs of one\n"
	"tunnel are summed up: `+2` behind an address stands for two more. --json has\n"
	"the ids of the BPF maps as well, for `bpftool map dump id`.\n"
	"\n"
	"  -c, --check   show only tunnels that should be up and are not: those with\n"
	"                start_action = start; the exit code is 3 if there is any\n"
	"\n"
	"Example: every tunnel that is not up, and why\n"
	"  cygnet status --json |\n"
	"    jq -r '.tunnels | to_entries[] | select(.value.sas == 0) |\n"
	"           [.key, .value.failure.text] | @tsv'\n";

const char help_policy[] =
	"Usage: cygnet [-j] [-u URI] policy\n"
	"\n"
	"Shows the policies in the order in which they match: the first one that covers\n"
	"a packet decides. ID is the number of a policy in BPF maps and in the log.\n"
	"\n"
	"Example: what is protected, and by which tunnel\n"
	"  cygnet policy --json |\n"
	"    jq -r '.policies[] | select(.action == \"protect\") |\n"
	"           [.local_ts, .remote_ts, .tunnel] | @tsv'\n";

const char help_counters[] =
	"Usage: cygnet [-j] [-u URI] counters\n"
	"\n"
	"Shows everything that is counted, a line each, zeros too: packets by the reason\n"
	"for which they were dropped or passed, those of each tunnel's SAs, and SAs.\n"
	"`cygnet drops` says what a reason means.\n"
	"\n"
	"Example: what has changed within a minute\n"
	"  cygnet counters >before; sleep 60; cygnet counters | diff before -\n";

const char help_reload[] =
	"Usage: cygnet [-j] [-u URI] reload [--dry-run]\n"
	"\n"
	"Has the daemon read its configuration again. Where that has a mistake, it is\n"
	"named with its place, and nothing changes. Connections that are what they were\n"
	"keep their SAs.\n"
	"\n"
	"  --dry-run   only show what would be another one, a line each: `+` is new, `-`\n"
	"              is gone, `~` changes; and what becomes of its SAs\n"
	"\n"
	"Example:\n"
	"  cygnet reload --dry-run && cygnet reload && cygnet status --check\n";

const char help_why[] =
	"Usage: cygnet [-j] [-u URI] why CONN[/CHILD] | CHILD\n"
	"\n"
	"Says of a tunnel in a sentence why it is not up, with both sides' proposals or\n"
	"selectors beside each other where they have nothing in common, what to do, and\n"
	"what happened last to its connection; of a connection alone all its children.\n"
	"A peer for which there is no connection is shown by `cygnet status`.\n"
	"\n"
	"Example:\n"
	"  cygnet why site/net\n";

const char help_watch[] =
	"Usage: cygnet [-u URI] watch\n"
	"\n"
	"Writes what happens from now on until Ctrl-C, a JSON object a line: `time` in\n"
	"seconds since 1970, `event` (ike-updown, child-updown, ike-rekey, child-rekey or\n"
	"log), and `data`, which VICI has for it. It asks any daemon that speaks VICI.\n"
	"\n"
	"Example: which children come and go\n"
	"  cygnet watch | jq -c 'select(.event == \"child-updown\") | .data'\n";

const char help_log[] =
	"Usage: cygnet [-j] [-u URI] log\n"
	"\n"
	"Writes in words what happens to SAs from now on, until Ctrl-C: what comes up, goes\n"
	"down or fails, and why; with --json an object a line. It asks any daemon that speaks\n"
	"VICI. What happened before is in the daemon's own log, and in `cygnet why`.\n"
	"\n"
	"Example:\n"
	"  cygnet log\n";

const char help_top[] =
	"Usage: cygnet [-j] [-u URI] top [-n COUNT] [SECONDS]\n"
	"\n"
	"Shows every so many seconds (1), until Ctrl-C, a line for each tunnel, the one that\n"
	"carries most first: packets and bits a second in both directions, what its SAs\n"
	"dropped, and what was lost before it came; with --json an object a line.\n"
	"\n"
	"  -n, --count=COUNT   end after so many times\n"
	"\n"
	"Example: the rates of five seconds, once\n"
	"  cygnet top -n 1 5\n";

const char help_debug[] =
	"Usage: cygnet [-j] [-u URI] debug PEER [--for TIME]\n"
	"\n"
	"Shows each message of IKE with PEER, an address or a connection, while it comes or\n"
	"goes: exchange, message id, and its payloads in words, with proposals, selectors,\n"
	"identities and notifications; or what is wrong with it. No key and no secret is\n"
	"among it. It ends by itself; of more than 100 messages a second the others are\n"
	"counted. Whoever asks for another peer meanwhile takes its place.\n"
	"\n"
	"  --for=TIME   as 90s, 5m or 1h, which is the most; else 60s\n"
	"\n"
	"Example:\n"
	"  cygnet debug 192.0.2.2 --for 5m\n";

const char help_check[] =
	"Usage: cygnet [-j] check [FILE]\n"
	"       cygnet [-j] [-u URI] check NAME [--pfs] [--mtu] [--auth] [--to ADDRESS]\n"
	"\n"
	"Of a FILE: reads a configuration (" CHECK_DEFAULT_FILE
	", or FILE) and what it includes\n"
	"as the daemon would, and says what is in it, or the first mistake with its place.\n"
	"It warns where a policy would protect the session (ssh) in which it runs, which\n"
	"would then depend on the tunnel. It needs no daemon, and changes nothing. Whether\n"
	"this machine has what the file names, `cygnet doctor FILE` says; what it would\n"
	"change, `cygnet reload --dry-run`.\n"
	"\n"
	"Of a NAME (CONN, CONN/CHILD or CHILD), a tunnel that is up: finds now what would\n"
	"surprise in eight hours, all of it unless options say what. A word that is no file,\n"
	"and looks like none, is a NAME.\n"
	"\n"
	"  --auth         who we are to the peer, and who the peer has proved to be\n"
	"  --pfs          rekeys it at once, with a key exchange of its own if there is to be one\n"
	"  --mtu          sends pings that nobody may cut: the largest packet that passes\n"
	"  --to=ADDRESS   of --mtu: a host behind the peer that replies; else likely ones are tried\n"
	"\n"
	"Exit code: 0 it is in order, 1 it is not, or the daemon does not answer; 3 the tunnel is\n"
	"not in order.\n"
	"\n"
	"Examples:\n"
	"  cygnet check /etc/cygnet/cygnet.conf.new\n"
	"  cygnet check branch/net --mtu --to 10.2.0.10\n";

const char help_init[] =
	"Usage: cygnet init [-f FILE] [--protected IF] [--unprotected IF]\n"
	"         PEER LOCAL_TS REMOTE_TS\n"
	"\n"
	"Writes a configuration for one tunnel to PEER, an address: of what goes from the\n"
	"network LOCAL_TS, behind us, to the network REMOTE_TS, behind the peer. It comes up\n"
	"with the first packet. The interfaces are those that this host has towards them. The\n"
	"secret is a new one, of 256 random bits, and goes into the peer's configuration as\n"
	"well, which has the same lines with the other side's addresses.\n"
	"\n"
	"  -f, --file=FILE    there, and not to standard output; one that exists stays\n"
	"                     what it is\n"
	"  --protected=IF     towards LOCAL_TS\n"
	"  --unprotected=IF   towards the peer\n"
	"\n"
	"Example: a tunnel to the other site\n"
	"  cygnet init -f /etc/cygnet/cygnet.conf 192.0.2.2 10.1.0.0/24 10.2.0.0/24\n";

const char help_completion[] =
	"Usage: cygnet [-u URI] completion bash | zsh | fish | commands | targets\n"
	"\n"
	"Writes what a shell needs in order to complete commands, options and the names of\n"
	"connections and children. The names are those of `completion targets`, a line each,\n"
	"which asks the daemon; `completion commands` lists all commands.\n"
	"\n"
	"Example: for everybody who has bash\n"
	"  cygnet completion bash >/usr/share/bash-completion/completions/cygnet\n";

const char help_doctor[] =
	"Usage: cygnet [-j] doctor [FILE]\n"
	"\n"
	"Looks at what Cygnet needs of this machine: kernel, host, and the interfaces that\n"
	"the configuration names (/etc/cygnet/cygnet.conf, or FILE). A line for each finding,\n"
	"and behind it what to do. It needs no daemon, and changes nothing.\n"
	"\n"
	"  ok        as it should be\n"
	"  note      worth to know, nothing has to be done\n"
	"  warning   it works, but slower, or not as somebody may expect\n"
	"  error     cygnetd does not start, or packets are lost\n"
	"\n"
	"Exit code: 0 nothing to do, 1 warnings, 2 errors.\n"
	"\n"
	"Example: what has to be done\n"
	"  cygnet doctor --json | jq -r '.findings[].remedy | select(. != \"\")'\n";

const char help_drops[] =
	"Usage: cygnet [-j] [-u URI] drops [-a]\n"
	"       cygnet [-j] [-u URI] drops --watch [SECONDS]\n"
	"\n"
	"Shows how many packets were dropped, and how many let pass or handed on, by\n"
	"reason since the daemon started. --json has always every reason.\n"
	"\n"
	"  -a, --all             also the reasons that never happened\n"
	"  --watch [SECONDS]     until Ctrl-C, every so many seconds (1), a line for each\n"
	"                        reason that dropped packets meanwhile, with how many a\n"
	"                        second; with --json an object a line\n"
	"\n"
	"Example: what is dropped now\n"
	"  cygnet drops --watch\n";

const char help_capture[] =
	"Usage: cygnet [-u URI] capture [-w FILE] [--before | --after] [--sa SPI]\n"
	"         [--policy NAME] [--drop REASON] [-n COUNT] [-s OCTETS] [-t SECONDS]\n"
	"\n"
	"Writes packets of SAs as pcapng, until Ctrl-C: each as cleartext, before it is\n"
	"protected or after it was opened, and as ciphertext; and what a worker drops,\n"
	"with the reason as its comment. What is cleartext is what the tunnel is to keep\n"
	"secret: the file is nobody else's to read, and should not lie around. Keys are in\n"
	"none of it. One capture at a time; begin and end are in the daemon's log. If the\n"
	"reader is too slow packets are missing, and counted at the end of the file.\n"
	"\n"
	"  -w, --write=FILE      there, and not to standard output\n"
	"  --before              cleartext alone: packets as they are before protection\n"
	"  --after               ciphertext alone: packets as they are once protected\n"
	"  --sa=SPI              of that SA alone\n"
	"  --policy=NAME         of the SAs of that policy, or of CONN/CHILD, alone\n"
	"  --drop=REASON         only what is dropped, for that reason or for `any`\n"
	"  -n, --count=COUNT     end after so many\n"
	"  -s, --snaplen=OCTETS  so many of each packet, 64 to 4096 (4096)\n"
	"  -t, --timeout=SECONDS end after so long, 1 to 3600 (600)\n"
	"\n"
	"Example: what goes through a tunnel\n"
	"  cygnet capture --policy to-b | wireshark -k -i -\n"
	"Example: who sends what was sent before\n"
	"  cygnet capture --drop replay -n 10 -w replay.pcapng\n";

const char help_algorithms[] =
	"Usage: cygnet [-j] [-u URI] algorithms\n"
	"\n"
	"Shows the keywords of proposals, what stands for them on the wire, and who does\n"
	"each for IKE's messages and for packets: `ipsec-mb`, or `openssl` with the name of\n"
	"its provider. What is weak is refused, for the reason that stands behind it, unless\n"
	"gateway.allow_weak_algorithms is set. Suites are names for whole proposals. --json\n"
	"says besides whether software does it, or hardware.\n"
	"\n"
	"Example: the key exchanges that nothing is wrong with\n"
	"  cygnet algorithms --json |\n"
	"    jq -r '.key_exchange | to_entries[] | select(.value.weak == \"\") | .key'\n";

const char help_version[] =
	"Usage: cygnet [-j] [-u URI] version\n"
	"\n"
	"Shows the version of this program and that of the daemon, with its host's\n"
	"operating system. It asks any daemon that speaks VICI.\n"
	"\n"
	"Example:\n"
	"  cygnet --uri unix:///run/charon.vici version\n";

const char help_sa[] =
	"Usage: cygnet [-j] [-u URI] sa\n"
	"\n"
	"Shows a line for each IKE SA and below it one for each of its CHILD SAs, with\n"
	"what these dropped, by reason. It asks any daemon that speaks VICI.\n"
	"\n"
	"Example: the connections that are up\n"
	"  cygnet sa --json | jq -r '.sas[] | keys[]'\n"
	"\n"
	"`cygnet sa add --help` and `cygnet sa delete --help`: SAs with keys by hand.\n";

const char help_sa_add[] =
	"Usage: cygnet [-j] [-u URI] sa add NAME [-f FILE]\n"
	"\n"
	"Adds a pair of SAs with keys by hand, or one of them, while the gateway runs.\n"
	"FILE, or without it what comes from standard input, holds `manual { NAME { … } }`\n"
	"as the configuration does; besides, `policies` names the policies that it serves:\n"
	"what these cover is sent by the new `out` from then on, and taken by the new `in`\n"
	"too. `in` or `out` may be missing, so that new keys can come without a loss: first\n"
	"`in` on both sides, then `out`; last `cygnet sa delete` takes the old ones away.\n"
	"Checks are those of the configuration, which has to say the same if it is to be so\n"
	"after a restart.\n"
	"\n"
	"  -f, --file=FILE   nobody else's to read: it holds keys; `-`: standard input\n"
	"\n"
	"Example: with keys from the kernel, which stand nowhere else\n"
	"  cygnet sa add b2 <<END\n"
	"  manual {\n"
	"      b2 {\n"
	"          local_addrs = 192.0.2.1\n"
	"          remote_addrs = 192.0.2.2\n"
	"          esp_proposals = aes256-sha256\n"
	"          policies = to-b\n"
	"          out {\n"
	"              spi = 0x2001\n"
	"              encr_key = 0x$(openssl rand -hex 32)\n"
	"              integ_key = 0x$(openssl rand -hex 32)\n"
	"          }\n"
	"      }\n"
	"  }\n"
	"  END\n";

const char help_sa_delete[] =
	"Usage: cygnet [-j] [-u URI] sa delete NAME\n"
	"\n"
	"Takes a pair of SAs with keys by hand away, and waits until no packet comes by it.\n"
	"Policies that another pair serves go on with that one; what others cover is\n"
	"dropped. One of the configuration's is there again when that is read again.\n"
	"\n"
	"Example:\n"
	"  cygnet sa delete b2\n";

#define TARGET_HELP \
	"A name alone is a connection's, if there is one, and else a child's.\n"

const char help_up[] =
	"Usage: cygnet [-j] [-u URI] up [-t SECONDS] CONN[/CHILD] | CHILD\n"
	"\n"
	"Brings a child up, with the IKE SA that it needs, and waits until it is; of a\n"
	"connection alone its first child.\n" TARGET_HELP "\n"
	"  -t, --timeout=SECONDS   wait no longer than this (180); 0: don't wait\n"
	"\n"
	"Example:\n"
	"  cygnet up --timeout 5 site/net\n";

const char help_down[] =
	"Usage: cygnet [-j] [-u URI] down [-t SECONDS] CONN[/CHILD] | CHILD\n"
	"\n"
	"Ends the IKE SAs of a connection, or a child's SAs alone, and waits until they\n"
	"are gone.\n" TARGET_HELP "\n"
	"  -t, --timeout=SECONDS   wait no longer than this (180); 0: don't wait\n"
	"\n"
	"Example:\n"
	"  cygnet down site\n";

const char help_rekey[] =
	"Usage: cygnet [-j] [-u URI] rekey CONN[/CHILD] | CHILD\n"
	"\n"
	"Gives the IKE SAs of a connection new keys, or a child's SAs; it does not wait\n"
	"for them.\n" TARGET_HELP "\n"
	"Example:\n"
	"  cygnet rekey site/net\n";

const char help_reauth[] =
	"Usage: cygnet [-j] [-u URI] reauth CONN\n"
	"\n"
	"Makes the IKE SAs of a connection anew: the peers authenticate each other again, and\n"
	"the children come along; it does not wait for that.\n"
	"\n"
	"Example:\n"
	"  cygnet reauth site\n";

const char help_explain[] =
	"Usage: cygnet [-j] [-u URI] explain [-i INTERFACE] SRC DST PROTO [SPORT DPORT]\n"
	"\n"
	"Shows what would become of a packet, and why: the policy that covers it, the SA\n"
	"that its tunnel has, the next hop and the path MTU, and what to do where it goes\n"
	"nowhere. The programs themselves say so: they run once more, dry. Nothing is sent,\n"
	"counted or asked for, and no table is another one afterwards.\n"
	"\n"
	"It starts where it would: at this host if SRC is its own, else at the interface\n"
	"behind which SRC is. PROTO is a name (tcp, udp, icmp, icmpv6, esp, …) or a number.\n"
	"Protocols with ports want both; of ICMP they are type and code (none: an echo\n"
	"request), of ESP and AH there is an SPI in place of SPORT. What a firewall or NAT\n"
	"of this host would do to it is not seen, nor the sockets of Cygnet's own IKE,\n"
	"which policies do not bind.\n"
	"\n"
	"  -i, --in=INTERFACE   it comes in there, wherever SRC is\n"
	"\n"
	"Exit code: 0 it is protected, or comes to its SA; 4 it goes on in the clear, by the\n"
	"kernel; 5 it waits for an SA, which is asked for; 6 it is dropped; 1 and 2 as of\n"
	"every command.\n"
	"\n"
	"Example: is the web server of the other site reached through the tunnel?\n"
	"  cygnet explain 10.1.0.2 10.2.0.80 tcp 40000 443\n";
