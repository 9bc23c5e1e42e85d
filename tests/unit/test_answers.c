// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tunnels and counters in answers, octet by octet as JSON has them, and as
 * people see them: from the snapshot to the page.
 */
#include "tests/unit/cli_fixture.h"

#include "ctrl/cli/json.h"
#include "ctrl/cli/show.h"
#include "ctrl/control/answers.h"

#define N_TUNNELS 6

struct fixture {
	struct tunnel_status tunnels[N_TUNNELS];
	struct status status;
};

static void fill_tunnel(struct tunnel_status *t, const char *name,
			enum tunnel_state state, enum child_action action)
{
	*t = (struct tunnel_status){
		.local = "192.0.2.1",
		.remote = "192.0.2.9",
		.state = state,
		.start_action = action,
		.in.idle_s = STATUS_NEVER_S,
		.out.idle_s = STATUS_NEVER_S,
		.failure.ago_s = STATUS_NEVER_S,
	};
	t->up_s = t->rekey_s = STATUS_NEVER_S;
	t->in.pkts_s = t->in.bits_s = STATUS_NO_RATE;
	strcpy(t->name, name);
}

static void set_failure(struct tunnel_status *t, uint64_t ago_s,
			const char *text)
{
	t->failure.ago_s = ago_s;
	strcpy(t->failure.text, text);
}

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct tunnel_status *t;

	if (!f)
		return -1;
	*state = f;
	t = f->tunnels;
	fill_tunnel(&t[0], "hq/net", TUNNEL_UP, CHILD_START);
	t[0].n_sas = 2;
	strcpy(t[0].algs, "aes128gcm16");
	t[0].in.spi = 0x1001;
	t[0].in.pkts = 5;
	t[0].in.bytes = 700;
	t[0].in.drops[DROP_REPLAY] = 2;
	t[0].in.lost = 9;
	t[0].in.pkts_s = 1;
	t[0].in.bits_s = 98100000;
	t[0].out.spi = 0x2002;
	t[0].up_s = 3725;
	t[0].rekey_s = 59;
	fill_tunnel(&t[1], "hq/lab", TUNNEL_CONNECTING, CHILD_START);
	set_failure(&t[1], 3, "the peer does not answer");
	fill_tunnel(&t[2], "a/net", TUNNEL_TRAP, CHILD_TRAP);
	set_failure(
		&t[2], 61,
		"proposal mismatch (IKE): we have aes256-sha384-prfsha384-ecp384, aes128gcm16-prfsha256-ecp256; the peer offers aes128-sha1-prfsha1-modp2048");
	fill_tunnel(&t[3], "b/net", TUNNEL_DOWN, CHILD_START);
	set_failure(
		&t[3], 0,
		"selector mismatch: we have 10.1.0.0/24 === 10.2.0.0/24; the peer accepts none of it and says no more");
	strcpy(t[3].failure.peer, "192.0.2.9");
	fill_tunnel(&t[4], "c/net", TUNNEL_DOWN, CHILD_NONE);
	strcpy(t[4].remote, "%any");
	fill_tunnel(&t[5], "d/net", TUNNEL_DOWN, CHILD_START);
	set_failure(&t[5], 9, "deleted by the peer");
	t[5].failure.ended = true;
	f->status.tunnels = t;
	f->status.n_tunnels = N_TUNNELS;
	f->status.crypto = "openssl";
	f->status.stranger.ago_s = STATUS_NEVER_S;
	return 0;
}

static int stop(void **state)
{
	free(*state);
	return 0;
}

static struct node *answer(void (*write)(struct vici_builder *b,
					 const struct status *s),
			   const struct status *s)
{
	struct vici_builder b;
	struct node *root;

	vici_start(&b, VICI_CMD_RESPONSE, NULL);
	write(&b, s);
	assert_true(vici_finish(&b));
	root = node_parse(slice_of(b.ptr + 5, b.len - 5)); /* length and type */
	assert_non_null(root);
	vici_builder_free(&b);
	return root;
}

/* --- status */

#define HEAD                                                                \
	"cygnet 0.1.0, up 0s, default protect, crypto openssl, workers 0, " \
	"pid 0\n"

static void assert_status(const struct fixture *f, bool check, const char *want)
{
	struct node *root = answer(answer_status, &f->status);
	struct show how = { .check = check };
	struct printed p;

	printed_start(&p);
	how.out = p.file;
	show_status(root, &how);
	printed_end(&p, want);
	node_free(root);
}

static void certificates_that_end_soon_stand_below_the_tunnels(void **state)
{
	struct fixture *f = *state;
	struct cert_status certs[] = {
		{ .subject = "CN=sun", .kind = "peer", .not_after_s = 999 },
		{ .subject = "CN=moon",
		  .from = "/x/moon.pem",
		  .kind = "own",
		  .not_after_s = 1000 + 12 * 86400 },
		{ .subject = "CN=ca",
		  .kind = "ca",
		  .not_after_s = 1000 + 2592000 },
	};

	f->status.n_tunnels = 0;
	f->status.certs = certs;
	f->status.n_certs = 3;
	f->status.now_s = 1000;
	assert_status(
		f, false,
		HEAD
		"\nNo tunnel is configured.\n"
		"\ncertificate CN=sun (loaded over VICI) has expired; have "
		"another one issued\n"
		"certificate CN=moon (/x/moon.pem) expires in 12 days; have "
		"another one issued\n");
}

static void every_tunnel_says_whether_it_is_up_and_if_not_why(void **state)
{
	assert_status(
		*state, false,
		HEAD
		"\n"
		"TUNNEL  LOCAL ═ REMOTE            ALGORITHMS   UP FOR      OUT           IN    LOSS  REKEY IN  STATE\n"
		"hq/net  192.0.2.1 ═ 192.0.2.9 +1  aes128gcm16   1h02m  0 bit/s  98.1 Mbit/s  64.3 %       59s  idle\n"
		"  out  0x00002002  0 pkts    0 B  never used\n"
		"  in   0x00001001  5 pkts  700 B  never used\n"
		"  in dropped 2 replay (sequence number seen before, or left of the window)\n"
		"  in 9 lost before they came\n"
		"hq/lab  192.0.2.1 ═ 192.0.2.9     -                 -        -            -       -         -  connecting\n"
		"  failed 3s ago: the peer does not answer\n"
		"a/net   192.0.2.1 ═ 192.0.2.9     -                 -        -            -       -         -  trap: waits for traffic\n"
		"  failed 1m01s ago: proposal mismatch (IKE)\n"
		"    ours   aes256-sha384-prfsha384-ecp384, aes128gcm16-prfsha256-ecp256\n"
		"    peer   aes128-sha1-prfsha1-modp2048\n"
		"b/net   192.0.2.1 ═ 192.0.2.9     -                 -        -            -       -         -  down\n"
		"  failed 0s ago, peer 192.0.2.9: selector mismatch\n"
		"    ours   10.1.0.0/24 === 10.2.0.0/24\n"
		"    peer   (it gave no details)\n"
		"c/net   192.0.2.1 ═ %any          -                 -        -            -       -         -  down: start_action is none\n"
		"d/net   192.0.2.1 ═ 192.0.2.9     -                 -        -            -       -         -  down\n"
		"  ended 9s ago: deleted by the peer\n");
}

static void check_shows_what_should_be_up_and_is_not(void **state)
{
	assert_status(
		*state, true,
		"TUNNEL  LOCAL ═ REMOTE         ALGORITHMS  UP FOR  OUT  IN  LOSS  REKEY IN  STATE\n"
		"hq/lab  192.0.2.1 ═ 192.0.2.9  -                -    -   -     -         -  connecting\n"
		"  failed 3s ago: the peer does not answer\n"
		"b/net   192.0.2.1 ═ 192.0.2.9  -                -    -   -     -         -  down\n"
		"  failed 0s ago, peer 192.0.2.9: selector mismatch\n"
		"    ours   10.1.0.0/24 === 10.2.0.0/24\n"
		"    peer   (it gave no details)\n"
		"d/net   192.0.2.1 ═ 192.0.2.9  -                -    -   -     -         -  down\n"
		"  ended 9s ago: deleted by the peer\n");
}

static void check_without_a_missing_tunnel_shows_nothing(void **state)
{
	struct fixture *f = *state;
	struct node *root;

	for (size_t i = 0; i < N_TUNNELS; i++)
		if (f->tunnels[i].start_action == CHILD_START)
			f->tunnels[i].state = TUNNEL_UP;
	assert_status(f, true, "");
	root = answer(answer_status, &f->status);
	assert_int_equal(status_missing(root), 0);
	node_free(root);
	f->tunnels[0].state = f->tunnels[3].state = TUNNEL_DOWN;
	root = answer(answer_status, &f->status);
	assert_int_equal(status_missing(root), 2);
	node_free(root);
}

static void peer_without_a_connection_is_shown(void **state)
{
	struct fixture *f = *state;

	f->status.n_tunnels = 0;
	f->status.stranger.ago_s = 5;
	strcpy(f->status.stranger.text,
	       "proposal mismatch (IKE): we have no connection for these addresses; the peer offers aes128-sha256");
	assert_status(f, false,
		      HEAD "\nNo tunnel is configured.\n"
			   "\n"
			   "A peer for which there is no connection:\n"
			   "  failed 5s ago: proposal mismatch (IKE)\n"
			   "    ours   no connection for these addresses\n"
			   "    peer   aes128-sha256\n");
}

static void assert_json_has(struct node *root, const char *path,
			    const char *want)
{
	struct printed p;
	const struct node *n = root;
	char *text = strdup(path), *rest = NULL;

	for (char *name = strtok_r(text, ".", &rest); n && name;
	     name = strtok_r(NULL, ".", &rest))
		n = node_find(n, name);
	assert_non_null(n);
	printed_start(&p);
	json_print(n, p.file);
	printed_end(&p, want);
	free(text);
	node_free(root);
}

static void both_sides_are_lists(void **state)
{
	const struct fixture *f = *state;

	assert_json_has(
		answer(answer_status, &f->status), "tunnels.a/net",
		"{\n"
		"  \"state\": \"trap\",\n"
		"  \"start_action\": \"trap\",\n"
		"  \"local\": \"192.0.2.1\",\n"
		"  \"remote\": \"192.0.2.9\",\n"
		"  \"sas\": 0,\n"
		"  \"failure\": {\n"
		"    \"ago\": 61,\n"
		"    \"kind\": \"failed\",\n"
		"    \"text\": \"proposal mismatch (IKE): we have aes256-sha384-prfsha384-ecp384, aes128gcm16-prfsha256-ecp256; the peer offers aes128-sha1-prfsha1-modp2048\",\n"
		"    \"what\": \"proposal mismatch (IKE)\",\n"
		"    \"ours\": [\n"
		"      \"aes256-sha384-prfsha384-ecp384\",\n"
		"      \"aes128gcm16-prfsha256-ecp256\"\n"
		"    ],\n"
		"    \"peers\": [\n"
		"      \"aes128-sha1-prfsha1-modp2048\"\n"
		"    ]\n"
		"  }\n"
		"}\n");
}

static void side_that_was_not_said_is_no_list(void **state)
{
	const struct fixture *f = *state;

	assert_json_has(
		answer(answer_status, &f->status), "tunnels.b/net.failure",
		"{\n"
		"  \"ago\": 0,\n"
		"  \"kind\": \"failed\",\n"
		"  \"peer\": \"192.0.2.9\",\n"
		"  \"text\": \"selector mismatch: we have 10.1.0.0/24 === 10.2.0.0/24; the peer accepts none of it and says no more\",\n"
		"  \"what\": \"selector mismatch\",\n"
		"  \"ours\": [\n"
		"    \"10.1.0.0/24 === 10.2.0.0/24\"\n"
		"  ]\n"
		"}\n");
}

/* --- counters */

static void counters_of_tunnels_and_sas_have_names(void **state)
{
	struct fixture *f = *state;

	f->status.n_tunnels = 1;
	f->status.n_ike = 3;
	f->status.n_connecting = 1;
	f->status.n_child = 4;
	assert_json_has(answer(answer_counters, &f->status), "sas",
			"{\n"
			"  \"ike_up\": 3,\n"
			"  \"ike_connecting\": 1,\n"
			"  \"child_up\": 4\n"
			"}\n");
	assert_json_has(answer(answer_counters, &f->status), "tunnels",
			"{\n"
			"  \"hq/net\": {\n"
			"    \"sas\": 2,\n"
			"    \"in\": {\n"
			"      \"packets\": 5,\n"
			"      \"bytes\": 700,\n"
			"      \"lost\": 9,\n"
			"      \"drops\": {\n"
			"        \"replay\": 2\n"
			"      }\n"
			"    },\n"
			"    \"out\": {\n"
			"      \"packets\": 0,\n"
			"      \"bytes\": 0,\n"
			"      \"drops\": {}\n"
			"    }\n"
			"  }\n"
			"}\n");
}

/* Likewise with their meaning where packets are asked for that were dropped. */
static void what_tcp_carries_is_counted(void **state)
{
	struct fixture *f = *state;
	const struct node *n;
	struct node *root;

	f->status.streams.open = 2;
	f->status.streams.n[STREAM_COUNT_ESP_ASTRAY] = 3;
	root = answer(answer_counters, &f->status);
	n = node_find(root, "tcp");
	assert_int_equal(node_count(n, "open"), 2);
	assert_int_equal(node_count(n, "esp_astray"), 3);
	for (int i = 0; i < STREAM_COUNTS; i++)
		assert_non_null(
			node_find(n, stream_count_name((enum stream_count)i)));
	node_free(root);
	root = answer(answer_drops, &f->status);
	n = node_find(node_find(root, "tcp"), "esp_astray");
	assert_int_equal(node_count(n, "count"), 3);
	assert_true(strlen(node_text(n, "text")) > 1);
	node_free(root);
}

static void every_reason_is_counted(void **state)
{
	struct fixture *f = *state;
	struct node *root;

	f->status.counters.drops[DROP_ICV] = (struct counter){ 3, 400 };
	f->status.counters.passes[PASS_BYPASS] = (struct counter){ 5, 600 };
	f->status.counters.in_flight = 7;
	root = answer(answer_counters, &f->status);
	for (int i = DROP_NONE + 1; i < DROP_MAX; i++) {
		const struct node *n = node_find(node_find(root, "drops"),
						 drop_name((enum drop_reason)i));

		assert_non_null(n);
		assert_int_equal(node_count(n, "packets"),
				 i == DROP_ICV ? 3 : 0);
		assert_null(node_find(n, "text"));
	}
	for (int i = 0; i < PASS_MAX; i++) {
		const struct node *n = node_find(node_find(root, "passes"),
						 pass_name((enum pass_reason)i));

		assert_int_equal(node_count(n, "bytes"),
				 i == PASS_BYPASS ? 600 : 0);
	}
	assert_int_equal(node_count(root, "in_flight"), 7);
	node_free(root);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(certificates_that_end_soon_stand_below_the_tunnels),
		CASE(every_tunnel_says_whether_it_is_up_and_if_not_why),
		CASE(check_shows_what_should_be_up_and_is_not),
		CASE(check_without_a_missing_tunnel_shows_nothing),
		CASE(peer_without_a_connection_is_shown),
		CASE(both_sides_are_lists),
		CASE(side_that_was_not_said_is_no_list),
		CASE(counters_of_tunnels_and_sas_have_names),
		CASE(what_tcp_carries_is_counted),
		CASE(every_reason_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
