// SPDX-License-Identifier: BSD-2-Clause
/* What people see of an answer to `cygnet explain`, and its exit code. */
#include "tests/unit/cli_fixture.h"

#include "ctrl/cli/show.h"

static void assert_shown(const char *lines, int code, const char *want)
{
	struct node *root = answer_of(lines);
	struct show how = { .all = false };
	struct printed p;

	printed_start(&p);
	how.out = p.file;
	show_explain(root, &how);
	printed_end(&p, want);
	assert_int_equal(explain_exit(root), code);
	node_free(root);
}

#define FLOW                                                          \
	"flow{\nsource=10.1.0.2\ndestination=10.2.0.2\nprotocol=17\n" \
	"source_port=40000\ndestination_port=53\n}\n"
#define FLOW_LINE \
	"From 10.1.0.2 to 10.2.0.2, protocol 17, ports 40000 and 53:\n"

static void what_is_protected_has_an_sa_and_a_way(void **state)
{
	(void)state;
	assert_shown(
		"verdict=protected\n" FLOW "steps{\n"
		"1{\nat=protected\ninterface=lan0\ndecision=steer_out\n"
		"text=to a worker, to be protected\n}\n"
		"2{\nat=worker\ndecision=worker_tx\ntext=transmitted\n}\n"
		"}\n"
		"policy{\nname=net\npolicy=0\naction=protect\ntunnel=to-b\n"
		"if-id-out=0000002a\n}\n"
		"sa{\nspi=0x00001001\nlocal=192.0.2.1\nremote=192.0.2.2\n"
		"encap=yes\n}\n"
		"next_hop{\naddress=192.0.2.9\ninterface=wan0\nresolved=no\n"
		"mtu=1500\ninner_mtu=1438\n}\n",
		0,
		FLOW_LINE
		"  protected lan0: steer_out (to a worker, to be protected)\n"
		"  worker: worker_tx (transmitted)\n"
		"Policy net covers it: protect, by tunnel to-b, if_id 0x0000002a.\n"
		"Its SA is 0x00001001, between 192.0.2.1 and 192.0.2.2, in UDP.\n"
		"The next hop is 192.0.2.9 by wan0, whose MAC address is to be "
		"asked for; the path takes 1500 octets, of which 1438 are left "
		"for a packet.\n"
		"It is sent, protected.\n");
}

static void what_is_dropped_says_what_to_do(void **state)
{
	(void)state;
	assert_shown(
		"verdict=dropped\n" FLOW "steps{\n"
		"1{\nat=protected\ninterface=lan0\ndecision=no_sa\ntext=none\n}\n"
		"}\n"
		"policy{\nname=net\npolicy=0\naction=protect\n}\n"
		"remedy=cygnet up net\n",
		EXPLAIN_EXIT_DROPPED,
		FLOW_LINE "  protected lan0: no_sa (none)\n"
			  "Policy net covers it: protect.\n"
			  "It is dropped.\n"
			  "To do: cygnet up net.\n");
}

static void esp_has_an_spi_and_icmp_a_type(void **state)
{
	(void)state;
	assert_shown(
		"verdict=opened\n"
		"flow{\nsource=a\ndestination=b\nprotocol=50\nspi=0x00001001\n}\n",
		0,
		"From a to b, protocol 50, SPI 0x00001001:\n"
		"It comes to its SA, which opens it if it is genuine and new.\n");
	assert_shown(
		"verdict=clear\n"
		"flow{\nsource=a\ndestination=b\nprotocol=1\ntype=8\ncode=0\n}\n",
		EXPLAIN_EXIT_CLEAR,
		"From a to b, protocol 1, type 8, code 0:\n"
		"It goes on in the clear.\n");
	assert_shown(
		"verdict=held\n"
		"flow{\nsource=a\ndestination=b\nprotocol=47\n}\n",
		EXPLAIN_EXIT_HELD,
		"From a to b, protocol 47:\n"
		"It waits for an SA, and goes when there is one within a second.\n");
}

static void verdict_of_another_version_is_shown_as_it_is(void **state)
{
	(void)state;
	assert_shown("verdict=teleported\n", 1,
		     "From ? to ?, protocol ?:\n"
		     "What becomes of it: teleported.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_protected_has_an_sa_and_a_way),
		cmocka_unit_test(what_is_dropped_says_what_to_do),
		cmocka_unit_test(esp_has_an_spi_and_icmp_a_type),
		cmocka_unit_test(verdict_of_another_version_is_shown_as_it_is),
	};

	return cmocka_run_group_tests_name("cli_explain", tests, NULL, NULL);
}
