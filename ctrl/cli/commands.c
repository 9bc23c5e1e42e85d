// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/commands.h"

#include <string.h>

#include "ctrl/cli/doctor.h"

static const char general[] =
	"Usage: cygnet [OPTIONS] COMMAND\n"
	"\n"
	"Shows and tells the IPsec gateway cygnetd what to do. This is version " CYG_VERSION
	".\n"
	"\n"
	"Commands:\n"
	"  status      interfaces, and of each tunnel whether it is up, or why it is not\n"
	"  sa          IKE SAs and their children; `sa add` and `sa delete` change manual ones\n"
	"  policy      what is protected, bypassed or discarded, in the order of the SPD\n"
	"  up          bring a connection or a child up\n"
	"  down        end it\n"
	"  rekey       give it new keys\n"
	"  explain     what would become of a packet, and why\n"
	"  drops       packets that were dropped or let pass, by reason\n"
	"  capture     packets before and after the crypto, for Wireshark\n"
	"  counters    everything that is counted, a line each\n"
	"  algorithms  what proposals may name, and who does it\n"
	"  reload      read the configuration again\n"
	"  doctor      look at kernel, host and interfaces, with or without a daemon\n"
	"  version     of this program and of the daemon\n"
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

static const char status_help[] =
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

static const char policy_help[] =
	"Usage: cygnet [-j] [-u URI] policy\n"
	"\n"
	"Shows the policies in the order in which they match: the first one that covers\n"
	"a packet decides. ID is the number of a policy in BPF maps and in the log.\n"
	"\n"
	"Example: what is protected, and by which tunnel\n"
	"  cygnet policy --json |\n"
	"    jq -r '.policies[] | select(.action == \"protect\") |\n"
	"           [.local_ts, .remote_ts, .tunnel] | @tsv'\n";

static const char counters_help[] =
	"Usage: cygnet [-j] [-u URI] counters\n"
	"\n"
	"Shows everything that is counted, a line each, zeros too: packets by the reason\n"
	"for which they were dropped or passed, those of each tunnel's SAs, and SAs.\n"
	"`cygnet drops` says what a reason means.\n"
	"\n"
	"Example: what has changed within a minute\n"
	"  cygnet counters >before; sleep 60; cygnet counters | diff before -\n";

static const char reload_help[] =
	"Usage: cygnet [-j] [-u URI] reload\n"
	"\n"
	"Has the daemon read its configuration again. Where that has a mistake, it is\n"
	"named with its place, and nothing changes.\n"
	"\n"
	"Example:\n"
	"  cygnet reload && cygnet status --check\n";

static const char doctor_help[] =
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

static const char drops_help[] =
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

static const char capture_help[] =
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

static const char algorithms_help[] =
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

static const char version_help[] =
	"Usage: cygnet [-j] [-u URI] version\n"
	"\n"
	"Shows the version of this program and that of the daemon, with its host's\n"
	"operating system. It asks any daemon that speaks VICI.\n"
	"\n"
	"Example:\n"
	"  cygnet --uri unix:///run/charon.vici version\n";

static const char sa_help[] =
	"Usage: cygnet [-j] [-u URI] sa\n"
	"\n"
	"Shows a line for each IKE SA and below it one for each of its CHILD SAs, with\n"
	"what these dropped, by reason. It asks any daemon that speaks VICI.\n"
	"\n"
	"Example: the connections that are up\n"
	"  cygnet sa --json | jq -r '.sas[] | keys[]'\n"
	"\n"
	"`cygnet sa add --help` and `cygnet sa delete --help`: SAs with keys by hand.\n";

static const char sa_add_help[] =
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

static const char sa_delete_help[] =
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

static const char up_help[] =
	"Usage: cygnet [-j] [-u URI] up [-t SECONDS] CONN[/CHILD] | CHILD\n"
	"\n"
	"Brings a child up, with the IKE SA that it needs, and waits until it is; of a\n"
	"connection alone its first child.\n" TARGET_HELP "\n"
	"  -t, --timeout=SECONDS   wait no longer than this (180); 0: don't wait\n"
	"\n"
	"Example:\n"
	"  cygnet up --timeout 5 site/net\n";

static const char down_help[] =
	"Usage: cygnet [-j] [-u URI] down [-t SECONDS] CONN[/CHILD] | CHILD\n"
	"\n"
	"Ends the IKE SAs of a connection, or a child's SAs alone, and waits until they\n"
	"are gone.\n" TARGET_HELP "\n"
	"  -t, --timeout=SECONDS   wait no longer than this (180); 0: don't wait\n"
	"\n"
	"Example:\n"
	"  cygnet down site\n";

static const char rekey_help[] =
	"Usage: cygnet [-j] [-u URI] rekey CONN[/CHILD] | CHILD\n"
	"\n"
	"Gives the IKE SAs of a connection new keys, or a child's SAs; it does not wait\n"
	"for them.\n" TARGET_HELP "\n"
	"Example:\n"
	"  cygnet rekey site/net\n";

static const char explain_help[] =
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

static const struct command commands[] = {
	{
		.name = "status",
		.request = "cygnet-status",
		.field = "gateway",
		.has_check = true,
		.show = show_status,
		.help = status_help,
	},
	{
		.name = "sa",
		.request = "list-sas",
		.field = "sas",
		.event = "list-sa",
		.show = show_sa,
		.help = sa_help,
	},
	{
		.name = "sa add",
		.request = "cygnet-sa-add",
		.field = "success",
		.has_name = true,
		.has_file = true,
		.show = show_added,
		.help = sa_add_help,
	},
	{
		.name = "sa delete",
		.request = "cygnet-sa-delete",
		.field = "success",
		.has_name = true,
		.show = show_deleted,
		.help = sa_delete_help,
	},
	{
		.name = "policy",
		.request = "cygnet-policies",
		.field = "policies",
		.show = show_policy,
		.help = policy_help,
	},
	{
		.name = "up",
		.request = "initiate",
		.field = "success",
		.has_target = true,
		.has_timeout = true,
		.show = show_done,
		.help = up_help,
	},
	{
		.name = "down",
		.request = "terminate",
		.field = "success",
		.has_target = true,
		.has_timeout = true,
		.show = show_done,
		.help = down_help,
	},
	{
		.name = "rekey",
		.request = "rekey",
		.field = "success",
		.has_target = true,
		.show = show_done,
		.help = rekey_help,
	},
	{
		.name = "explain",
		.request = "cygnet-explain",
		.field = "verdict",
		.has_flow = true,
		.show = show_explain,
		.code = explain_exit,
		.help = explain_help,
	},
	{
		.name = "drops",
		.request = "cygnet-drops",
		.field = "drops",
		.has_all = true,
		.has_watch = true,
		.show = show_drops,
		.help = drops_help,
	},
	{
		.name = "capture",
		.request = "cygnet-capture",
		.captures = true,
		.has_timeout = true,
		.help = capture_help,
	},
	{
		.name = "counters",
		.request = "cygnet-counters",
		.field = "drops",
		.show = show_counters,
		.help = counters_help,
	},
	{
		.name = "reload",
		.request = "reload",
		.field = "success",
		.show = show_reload,
		.help = reload_help,
	},
	{
		.name = "doctor",
		.run = doctor_run,
		.help = doctor_help,
	},
	{
		.name = "algorithms",
		.request = "cygnet-algorithms",
		.field = "encryption",
		.show = show_algorithms,
		.help = algorithms_help,
	},
	{
		.name = "version",
		.request = "version",
		.field = "daemon",
		.show = show_version,
		.help = version_help,
	},
};

static bool is_named(const struct command *c, const char *first,
		     const char *second)
{
	size_t len = strlen(first);

	if (strncmp(c->name, first, len) != 0)
		return false;
	return second ? c->name[len] == ' ' &&
				strcmp(c->name + len + 1, second) == 0
		      : !c->name[len];
}

static const struct command *find(const char *first, const char *second)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (is_named(&commands[i], first, second))
			return &commands[i];
	return NULL;
}

const struct command *command_find(char **words, int n, int *used)
{
	const struct command *c = n > 1 ? find(words[0], words[1]) : NULL;

	*used = c ? 2 : 1;
	return c ? c : find(words[0], NULL);
}

const char *general_help(void)
{
	return general;
}
