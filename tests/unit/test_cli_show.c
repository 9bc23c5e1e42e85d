// SPDX-License-Identifier: BSD-2-Clause
/*
 * What people see of an answer: whole pages for whole answers, and the one line
 * that a case is about elsewhere.
 */
#include "tests/unit/cli_fixture.h"

#include "ctrl/cli/show.h"

typedef void show_fn(const struct node *answer, const struct show *how);

static void assert_shown(show_fn *show, const char *lines, bool all,
			 const char *want)
{
	struct node *root = answer_of(lines);
	struct show how = { .all = all };
	struct printed p;

	printed_start(&p);
	how.out = p.file;
	show(root, &how);
	printed_end(&p, want);
	node_free(root);
}

/* --- status */

#define GATEWAY                                                           \
	"gateway{\nversion=0.1.0\npid=4711\nuptime=192\ndefault=bypass\n" \
	"crypto=openssl\nworkers=2\n}\n"
#define GATEWAY_LINE                                                          \
	"cygnet 0.1.0, up 3m12s, default bypass, crypto openssl, workers 2, " \
	"pid 4711\n"

static void status_is_a_page_of_three_parts(void **state)
{
	(void)state;
	assert_shown(
		show_status,
		GATEWAY
		"interfaces{\n"
		"lan0{\nrole=protected\nxdp=native\nplace=alone\n"
		"af_xdp=zero-copy\n"
		"queues=16\nmtu=9000\nlargest=3562\n}\n"
		"wan0{\nrole=unprotected\nxdp=generic\nplace=dispatcher\n"
		"af_xdp=copy\n"
		"queues=1\nmtu=1500\nlargest=1500\n}\n"
		"}\n"
		"tunnels{\n"
		"net{\nlocal=192.0.2.1\nremote=198.51.100.2\n"
		"algs=aes128-sha256\nmode=tunnel\n"
		"established=61\nrekey-time=3600\n"
		"in{\nspi=0x00001001\npackets=118\nbytes=99120\nseq=130\n"
		"bits_per_second=1000\nlost=1\n"
		"idle=1\ndrops{\nreplay=12\nicv=3\n}\n}\n"
		"out{\nspi=0xc0ffee01\npackets=120\nbytes=1023\nseq=121\n"
		"idle=61\ndrops{\ntoo_big=1\n}\n}\n"
		"}\n"
		"second{\nlocal=192.0.2.1\nremote=192.0.2.3\n"
		"algs=aes256gcm16\nmode=transport\n"
		"in{\nspi=0x00000102\npackets=0\nbytes=0\nseq=0\n"
		"idle=never\ndrops{\n}\n}\n"
		"out{\nspi=0x00000103\npackets=0\nbytes=0\nseq=0\n"
		"idle=never\ndrops{\n}\n}\n"
		"}\n"
		"}",
		false,
		GATEWAY_LINE
		"\n"
		"INTERFACE  ROLE         XDP      PLACE       AF_XDP"
		"     QUEUES   MTU  LARGEST\n"
		"lan0       protected    native   alone       zero-copy"
		"      16  9000     3562\n"
		"wan0       unprotected  generic  dispatcher  copy"
		"            1  1500     1500\n"
		"\n"
		"TUNNEL  LOCAL ═ REMOTE            ALGORITHMS"
		"             UP FOR  OUT          IN    LOSS  REKEY IN  STATE\n"
		"net     192.0.2.1 ═ 198.51.100.2  aes128-sha256          "
		" 1m01s    -  1.0 kbit/s  0.84 %     1h00m  "
		"one-way: nothing sent for 1m01s\n"
		"  out  0xc0ffee01  120 pkts    1023 B  last 1m01s ago\n"
		"  in   0x00001001  118 pkts  96.8 KiB  last 1s ago\n"
		"  out dropped 1 too_big (does not fit the path once "
		"protected)\n"
		"  in dropped 15, 12 of them replay (sequence number seen "
		"before, or left of the window)\n"
		"  in 1 lost before they came\n"
		"second  192.0.2.1 ═ 192.0.2.3     "
		"aes256gcm16 transport       -    -           -       -         -  idle\n"
		"  out  0x00000103    0 pkts       0 B  never used\n"
		"  in   0x00000102    0 pkts       0 B  never used\n");
}

static void status_without_tunnels_says_so(void **state)
{
	(void)state;
	assert_shown(show_status, GATEWAY "interfaces{\n}\ntunnels{\n}", false,
		     GATEWAY_LINE "\nNo tunnel is configured.\n");
}

static void status_of_another_version_shows_what_it_has(void **state)
{
	(void)state;
	assert_shown(
		show_status,
		"gateway{\n}\ntunnels{\nnet{\nin{\n"
		"drops{\nnovel=2\n}\n}\n}\n}",
		false,
		"cygnet ?, up 0s, default ?, crypto ?, workers ?, pid ?\n"
		"\n"
		"TUNNEL  LOCAL ═ REMOTE  ALGORITHMS  UP FOR  OUT  IN  LOSS  REKEY IN  STATE\n"
		"net     ? ═ ?           -                -    -   -     -         -  idle\n"
		"  out  ?  0 pkts  0 B  never used\n"
		"  in   ?  0 pkts  0 B  never used\n"
		"  in dropped 2 novel (a reason that this client does not "
		"know)\n");
}

static void path_that_is_narrow_is_said(void **state)
{
	(void)state;
	assert_shown(
		show_status,
		"gateway{\n}\ntunnels{\nnet{\nin{\n}\n"
		"out{\npath-mtu=1400\n}\n}\n}",
		false,
		"cygnet ?, up 0s, default ?, crypto ?, workers ?, pid ?\n"
		"\n"
		"TUNNEL  LOCAL ═ REMOTE  ALGORITHMS  UP FOR  OUT  IN  LOSS  REKEY IN  STATE\n"
		"net     ? ═ ?           -                -    -   -     -         -  idle\n"
		"  out  ?  0 pkts  0 B  never used\n"
		"  in   ?  0 pkts  0 B  never used\n"
		"  out path MTU 1400, as a router on the way says\n");
}

static void tunnel_in_tcp_is_said_to_be(void **state)
{
	(void)state;
	assert_shown(
		show_status,
		"gateway{\n}\ntunnels{\nnet{\ntcp=yes\nsas=2\nin{\n}\n}\n}",
		false,
		"cygnet ?, up 0s, default ?, crypto ?, workers ?, pid ?\n"
		"\n"
		"TUNNEL  LOCAL ═ REMOTE     ALGORITHMS  UP FOR  OUT  IN  LOSS  REKEY IN  STATE\n"
		"net     ? ═ ? over TCP +1  -                -    -   -     -         -  idle\n"
		"  out  ?  0 pkts  0 B  never used\n"
		"  in   ?  0 pkts  0 B  never used\n");
}

static void what_was_lost_on_the_way_is_said(void **state)
{
	(void)state;
	assert_shown(
		show_status,
		"gateway{\n}\ntunnels{\nnet{\nin{\nlost=5\n}\n}\n}", false,
		"cygnet ?, up 0s, default ?, crypto ?, workers ?, pid ?\n"
		"\n"
		"TUNNEL  LOCAL ═ REMOTE  ALGORITHMS  UP FOR  OUT  IN   LOSS  REKEY IN  STATE\n"
		"net     ? ═ ?           -                -    -   -  100 %         -  idle\n"
		"  out  ?  0 pkts  0 B  never used\n"
		"  in   ?  0 pkts  0 B  never used\n"
		"  in 5 lost before they came\n");
}

static void interface_of_a_tunnel_is_said(void **state)
{
	(void)state;
	assert_shown(
		show_status,
		"gateway{\n}\ntunnels{\nnet{\nalgs=aes128\n"
		"if-id-out=0000002a\nstate=trap\n}\n}",
		false,
		"cygnet ?, up 0s, default ?, crypto ?, workers ?, pid ?\n"
		"\n"
		"TUNNEL  LOCAL ═ REMOTE  ALGORITHMS         UP FOR  OUT  IN  LOSS  REKEY IN  STATE\n"
		"net     ? ═ ?           aes128 by ipsec42       -    -   -     -         -  trap: waits for "
		"traffic\n");
}

static void state_comes_from_the_last_packet_each_way(void **state)
{
	static const struct {
		const char *in, *out, *want;
	} rows[] = {
		{ "60", "60", "passing" },
		{ "0", "0", "passing" },
		{ "61", "60", "one-way: nothing received for 1m01s" },
		{ "never", "0", "one-way: nothing received yet" },
		{ "60", "61", "one-way: nothing sent for 1m01s" },
		{ "0", "never", "one-way: nothing sent yet" },
		{ "61", "61", "idle" },
		{ "never", "61", "idle" },
		{ "never", "never", "idle" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char lines[128], want[128];
		struct node *root;
		struct printed p;
		struct show how = { .out = NULL };
		const char *at;

		snprintf(lines, sizeof(lines),
			 "tunnels{\nt{\nalgs=a\nin{\nidle=%s\n}\nout{\nidle=%s\n}\n}\n}",
			 rows[i].in, rows[i].out);
		snprintf(want, sizeof(want),
			 "a                -    -   -     -         -  %s\n",
			 rows[i].want);
		root = answer_of(lines);
		printed_start(&p);
		how.out = p.file;
		show_status(root, &how);
		fflush(p.file);
		at = strstr(p.text, want);
		if (!at)
			fail_msg("no '%s' in: %s", rows[i].want, p.text);
		fclose(p.file);
		free(p.text);
		node_free(root);
	}
}

/* --- drops */

#define REASONS                                                    \
	"drops{\nicv{\npackets=3\nbytes=400\ntext=forged\n}\n"     \
	"replay{\npackets=0\nbytes=0\ntext=seen before\n}\n}\n"    \
	"passes{\nbypass{\npackets=0\nbytes=0\ntext=a policy\n}\n" \
	"steer_in{\npackets=12\nbytes=9\ntext=to a worker\n}\n}\nin_flight=7"

static void drops_are_those_that_happened(void **state)
{
	(void)state;
	assert_shown(show_drops, REASONS, false,
		     "DROPPED  PACKETS  BYTES  MEANING\n"
		     "icv            3    400  forged\n"
		     "\n"
		     "PASSED    PACKETS  BYTES  MEANING\n"
		     "steer_in       12      9  to a worker\n"
		     "\n"
		     "7 packets are on their way through a worker.\n");
}

static void all_drops_are_shown_when_asked_for(void **state)
{
	(void)state;
	assert_shown(show_drops, REASONS, true,
		     "DROPPED  PACKETS  BYTES  MEANING\n"
		     "icv            3    400  forged\n"
		     "replay         0      0  seen before\n"
		     "\n"
		     "PASSED    PACKETS  BYTES  MEANING\n"
		     "bypass          0      0  a policy\n"
		     "steer_in       12      9  to a worker\n"
		     "\n"
		     "7 packets are on their way through a worker.\n");
}

#define IN_TCP                                                           \
	"drops{\n}\npasses{\n}\nin_flight=0\ntcp{\n"                     \
	"slow{\ncount=4\ntext=too late\n}\nesp_full{\ncount=0\ntext=no " \
	"room\n}\n}"
#define NOTHING                      \
	"No packet was dropped.\n\n" \
	"No packet passed.\n\n"      \
	"0 packets are on their way through a worker.\n"

static void what_tcp_lost_is_shown_if_it_lost_something(void **state)
{
	(void)state;
	assert_shown(show_drops, IN_TCP, false,
		     NOTHING "\n"
			     "IN TCP  COUNT  MEANING\n"
			     "slow        4  too late\n");
	assert_shown(show_drops, IN_TCP, true,
		     NOTHING "\n"
			     "IN TCP    COUNT  MEANING\n"
			     "slow          4  too late\n"
			     "esp_full      0  no room\n");
}

static void nothing_dropped_is_said(void **state)
{
	(void)state;
	assert_shown(show_drops, "drops{\n}\npasses{\n}\nin_flight=0", true,
		     "No packet was dropped.\n"
		     "\n"
		     "No packet passed.\n"
		     "\n"
		     "0 packets are on their way through a worker.\n");
}

/* --- policy */

static void policies_stand_in_the_order_in_which_they_match(void **state)
{
	(void)state;
	assert_shown(
		show_policy,
		"policies{\n"
		"zulu{\npolicy=0\naction=protect\nlocal_ts=10.1.0.0/16\n"
		"remote_ts=10.2.0.0/16\nprotocol=0\ntunnel=hq/net\n}\n"
		"alpha{\npolicy=12\naction=bypass\nlocal_ts=dynamic\n"
		"remote_ts=203.0.113.7/32\nprotocol=6\ntunnel=\n}\n"
		"gre{\npolicy=2\naction=discard\nlocal_ts=0.0.0.0/0\n"
		"remote_ts=0.0.0.0/0\nprotocol=47\ntunnel=\n}\n"
		"}\ndefault=bypass",
		false,
		"POLICY  ID  ACTION   LOCAL        REMOTE          PROTOCOL  TUNNEL\n"
		"zulu     0  protect  10.1.0.0/16  10.2.0.0/16     any       hq/net\n"
		"alpha   12  bypass   dynamic      203.0.113.7/32  tcp       -\n"
		"gre      2  discard  0.0.0.0/0    0.0.0.0/0       47        -\n"
		"What none of them covers: bypass (gateway.default)\n");
}

static void what_a_policy_takes_from_packets_is_shown_if_any_does(void **state)
{
	(void)state;
	assert_shown(
		show_policy,
		"policies{\n"
		"hq/net{\npolicy=0\naction=protect\nlocal_ts=10.1.0.0/16\n"
		"remote_ts=10.2.0.0/16\nprotocol=0\n"
		"populate=remote_address, ports\ntunnel=hq/net\n}\n"
		"gre{\npolicy=2\naction=discard\nlocal_ts=0.0.0.0/0\n"
		"remote_ts=0.0.0.0/0\nprotocol=47\ntunnel=\n}\n"
		"}\ndefault=bypass",
		false,
		"POLICY  ID  ACTION   LOCAL        REMOTE       PROTOCOL  POPULATE               TUNNEL\n"
		"hq/net   0  protect  10.1.0.0/16  10.2.0.0/16  any       remote_address, ports  hq/net\n"
		"gre      2  discard  0.0.0.0/0    0.0.0.0/0    47        -                      -\n"
		"What none of them covers: bypass (gateway.default)\n");
}

static void no_policy_is_said(void **state)
{
	(void)state;
	assert_shown(show_policy, "policies{\n}\ndefault=discard", false,
		     "There is no policy. All traffic: discard "
		     "(gateway.default)\n");
}

/* --- algorithms */

static void algorithms_are_tables_by_kind(void **state)
{
	(void)state;
	assert_shown(
		show_algorithms,
		"encryption{\n"
		"aes128{\nname=AES_CBC\nkey_bits=128\n"
		"ike=openssl/default\nesp=ipsec-mb\nkind=software\n"
		"weak=\n}\n"
		"des{\nname=DES_CBC\nkey_bits=64\nike=\nesp=ipsec-mb\n"
		"kind=software\nweak=RFC 8221: no\n}\n}\n"
		"integrity{\n"
		"sha256{\nname=HMAC_SHA2_256_128\nike=openssl/default\n"
		"esp=ipsec-mb\nah=ipsec-mb\nkind=software\nweak=\n}\n}\n"
		"prf{\nprfmd5{\nname=PRF_HMAC_MD5\nike=openssl/default\n"
		"kind=software\nweak=RFC 8247: no\n}\n}\n"
		"key_exchange{\necp256{\nname=ECP_256\ngroup=19\n"
		"ike=openssl\nkind=software\nweak=\n}\n}\n"
		"suites{\nvpn-a{\nike=3des-sha1-modp1024\n"
		"esp=3des-sha1-modp1024-none\nsource=RFC 4308\n}\n}\n",
		false,
		"ENCRYPTION  NAME     IKE              ESP       KIND      WEAK\n"
		"aes128      AES_CBC  openssl/default  ipsec-mb  software  -\n"
		"des         DES_CBC  -                ipsec-mb  software  RFC 8221: no\n"
		"\n"
		"INTEGRITY  NAME               IKE              ESP       AH        KIND      WEAK\n"
		"sha256     HMAC_SHA2_256_128  openssl/default  ipsec-mb  ipsec-mb  software  -\n"
		"\n"
		"PRF     NAME          IKE              KIND      WEAK\n"
		"prfmd5  PRF_HMAC_MD5  openssl/default  software  RFC 8247: no\n"
		"\n"
		"KEY EXCHANGE  GROUP  NAME     IKE      KIND      WEAK\n"
		"ecp256           19  ECP_256  openssl  software  -\n"
		"\n"
		"SUITE  IKE                 ESP                      SOURCE\n"
		"vpn-a  3des-sha1-modp1024  3des-sha1-modp1024-none  RFC 4308\n");
}

/* --- counters */

static void counter_has_the_path_of_its_name(void **state)
{
	(void)state;
	assert_shown(show_counters,
		     "drops{\nicv{\npackets=3\nbytes=400\n}\n"
		     "replay{\npackets=0\nbytes=0\n}\n}\n"
		     "in_flight=7\n"
		     "tunnels{\nhq/net{\nsas=1\n"
		     "in{\npackets=5\nbytes=700\ndrops{\nreplay=2\n}\n}\n"
		     "}\n}",
		     false,
		     "COUNTER                         COUNT  BYTES\n"
		     "drops.icv                           3    400\n"
		     "drops.replay                        0      0\n"
		     "in_flight                           7      -\n"
		     "tunnels.hq/net.sas                  1      -\n"
		     "tunnels.hq/net.in                   5    700\n"
		     "tunnels.hq/net.in.drops.replay      2      -\n");
}

/* --- reload */

static void reload_says_that_it_was_done(void **state)
{
	(void)state;
	assert_shown(show_reload, "success=yes", false,
		     "The configuration was read again.\n");
}

/* --- version */

static void version_is_ours_and_the_daemons(void **state)
{
	(void)state;
	assert_shown(show_version,
		     "daemon=cygnet\nversion=7.8\nsysname=Linux\n"
		     "release=6.1.0\nmachine=x86_64",
		     false,
		     "cygnet " CYG_VERSION
		     " (cygnetd 7.8, Linux 6.1.0, x86_64)\n");
	assert_shown(show_version, "daemon=charon", false,
		     "cygnet " CYG_VERSION " (charon ?, ? ?, ?)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(algorithms_are_tables_by_kind),
		cmocka_unit_test(status_is_a_page_of_three_parts),
		cmocka_unit_test(status_without_tunnels_says_so),
		cmocka_unit_test(status_of_another_version_shows_what_it_has),
		cmocka_unit_test(path_that_is_narrow_is_said),
		cmocka_unit_test(tunnel_in_tcp_is_said_to_be),
		cmocka_unit_test(what_was_lost_on_the_way_is_said),
		cmocka_unit_test(interface_of_a_tunnel_is_said),
		cmocka_unit_test(state_comes_from_the_last_packet_each_way),
		cmocka_unit_test(drops_are_those_that_happened),
		cmocka_unit_test(all_drops_are_shown_when_asked_for),
		cmocka_unit_test(what_tcp_lost_is_shown_if_it_lost_something),
		cmocka_unit_test(nothing_dropped_is_said),
		cmocka_unit_test(policies_stand_in_the_order_in_which_they_match),
		cmocka_unit_test(
			what_a_policy_takes_from_packets_is_shown_if_any_does),
		cmocka_unit_test(no_policy_is_said),
		cmocka_unit_test(counter_has_the_path_of_its_name),
		cmocka_unit_test(reload_says_that_it_was_done),
		cmocka_unit_test(version_is_ours_and_the_daemons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
