// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stock swanctl, which knows nothing of us, against our server: does it
 * understand what it reads, and show it? It runs as a process of its own while
 * the loop of the server runs here, both for a bounded time.
 */
#include "tests/unit/control_ike.h"
#include "tests/unit/control_swanctl.h"

static void swanctl_lists_sas(void **state)
{
	struct ike *i = *state;
	const char *got;
	int code;

	SKIP_WITHOUT_SWANCTL();
	i->n_sas = 1;
	i->child_sas[0].installed_ns = clock_ns();
	got = swanctl(&i->f, &code, ARGS("--list-sas"));
	assert_has(got, "site: #3, ESTABLISHED, IKEv2, 0123456789abcdef_i* "
			"0000000000000042_r\n"
			"  local  'moon.example.org' @ 192.0.2.1[500]\n"
			"  remote 'sun.example.org' @ 198.51.100.2[4500]\n"
			"  AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/"
			"CURVE_25519\n"
			"  established ");
	assert_has(got, "  net: #11, reqid 7, INSTALLED, TUNNEL, "
			"ESP:AES_GCM_16-256\n"
			"    installed 0s ago, rekeying in ");
	assert_has(got, "    in  00001001,  99120 bytes,   118 packets,     1s "
			"ago\n"
			"    out c0ffee01,      0 bytes,     0 packets\n"
			"    local  10.1.0.0/16\n"
			"    remote 10.2.0.0/16 10.2.0.0..10.2.0.9\n");
	assert_lacks(got, "(null)");
	assert_int_equal(code, 0);
}

static void swanctl_dumps_and_filters_sas(void **state)
{
	struct ike *i = *state;
	const char *got;
	int code;

	SKIP_WITHOUT_SWANCTL();
	got = swanctl(&i->f, &code,
		      ARGS("--list-sas", "--raw", "--ike-id", "4", "--noblock"));
	assert_has(got, "list-sa event {branch {uniqueid=4 ");
	assert_has(got, "list-sas reply {}\n");
	assert_lacks(got, "site");
	assert_int_equal(code, 0);
}

static void swanctl_lists_connections(void **state)
{
	struct ike *i = *state;
	const char *got;
	int code;

	SKIP_WITHOUT_SWANCTL();
	got = swanctl(&i->f, &code, ARGS("--list-conns"));
	assert_has(got, "site: IKEv2, no reauthentication, rekeying every "
			"14400s, dpd delay 30s\n"
			"  local:  %any\n"
			"  remote: 198.51.100.2\n"
			"  local pre-shared key authentication:\n"
			"    id: moon.example.org\n"
			"  remote pre-shared key authentication:\n"
			"    id: sun.example.org\n"
			"  net: TUNNEL, rekeying every 3600s, dpd action is "
			"none\n"
			"    local:  10.1.0.0/16\n"
			"    remote: 10.2.0.0/16\n");
	assert_has(got, "branch: IKEv2");
	assert_lacks(got, "(null)");
	assert_int_equal(code, 0);
}

static void swanctl_lists_policies(void **state)
{
	struct ike *i = *state;
	const char *got;
	int code;

	SKIP_WITHOUT_SWANCTL();
	got = swanctl(&i->f, &code, ARGS("--list-pols"));
	assert_has(got, "branch/lazy, TUNNEL\n"
			"  local:  10.1.0.0/16\n"
			"  remote: 10.4.0.0/16[tcp/80-90]\n");
	assert_int_equal(code, 0);
}

static void swanctl_initiates_and_shows_the_log(void **state)
{
	struct ike *i = *state;
	const char *got;
	int code;

	SKIP_WITHOUT_SWANCTL();
	i->at_once = true;
	i->at_once_event = (struct control_event){ .kind = CONTROL_CHILD_UP,
						   .conn = "site",
						   .child = "net" };
	got = swanctl(&i->f, &code, ARGS("--initiate", "--child", "net"));
	assert_has(got, "[CHD] child 'net' is up\n");
	assert_has(got, "initiate completed successfully\n");
	assert_int_equal(code, 0);
	assert_string_equal(i->heard[0].child, "net");
}

static void swanctl_says_why_an_initiation_failed(void **state)
{
	struct ike *i = *state;
	const char *got;
	int code;

	SKIP_WITHOUT_SWANCTL();
	i->at_once = true;
	got = swanctl(&i->f, &code,
		      ARGS("--initiate", "--child", "net", "--timeout", "1"));
	assert_has(got, "initiate failed: 'net' is not up after 1.000 s");
	assert_int_not_equal(code, 0);
}

static void swanctl_terminates_and_rekeys(void **state)
{
	struct ike *i = *state;
	const char *got;
	int code;

	SKIP_WITHOUT_SWANCTL();
	i->at_once = true;
	i->at_once_event = (struct control_event){ .kind = CONTROL_IKE_DOWN,
						   .conn = "site" };
	got = swanctl(&i->f, &code, ARGS("--terminate", "--ike", "site"));
	assert_has(got, "terminate completed successfully\n");
	assert_int_equal(code, 0);
	got = swanctl(&i->f, &code, ARGS("--rekey", "--child-id", "11"));
	assert_has(got, "rekey completed successfully\n");
	assert_int_equal(code, 0);
	assert_int_equal(i->heard[0].verb, CONTROL_TERMINATE);
	assert_int_equal(i->heard[1].verb, CONTROL_REKEY);
	assert_string_equal(i->heard[1].child, "net");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IKE_CASE(swanctl_lists_sas),
		IKE_CASE(swanctl_dumps_and_filters_sas),
		IKE_CASE(swanctl_lists_connections),
		IKE_CASE(swanctl_lists_policies),
		IKE_CASE(swanctl_initiates_and_shows_the_log),
		IKE_CASE(swanctl_says_why_an_initiation_failed),
		IKE_CASE(swanctl_terminates_and_rekeys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
