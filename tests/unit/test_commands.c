// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the commands answer, field by field, for a fixed snapshot. No socket:
 * requests go straight into the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "ctrl/base/clock.h"
#include "ctrl/control/commands.h"
#include "ctrl/control/duration.h"
#include "include/proto.h"

#define LENGTH_BYTES 4
#define PATH_BYTES   512
#define N_TUNNELS    2
#define N_POLICIES   3
#define UPTIME_S     192

/* The gateway that the commands ask, and its last answer. */
struct fixture {
	uint64_t uptime_s;
	size_t n_tunnels;	/* of the next snapshot; 0: the fixed ones */
	struct evbuffer *parts; /* NULL: the client is not registered for any */
	bool no_memory;		/* the next snapshot is NULL */
	struct vici_builder answer;
};

/* --- the clocks, in place of the C library's */

int clock_gettime(clockid_t clock, struct timespec *out)
{
	(void)clock;
	*out = (struct timespec){ .tv_sec = 5000 };
	return 0;
}

time_t time(time_t *out)
{
	const time_t now = 1700000000; /* Nov 14 22:13:20 2023 UTC */

	if (out)
		*out = now;
	return now;
}

/* --- the snapshot */

static void fill_tunnels(struct tunnel_status *t)
{
	t[0] = (struct tunnel_status){
		.name = "net",
		.local = "192.0.2.1",
		.remote = "198.51.100.2",
		.algs = "aes128-sha256",
		.n_sas = 1,
		.in = { .spi = 0x1001,
			.pkts = 118,
			.bytes = 99120,
			.seq = 130,
			.idle_s = 1 },
		.out = { .spi = 0xc0ffee01,
			 .pkts = 120,
			 .bytes = UINT64_MAX,
			 .seq = 121,
			 .idle_s = STATUS_NEVER_S },
	};
	t[0].in.drops[DROP_REPLAY] = 12;
	t[0].in.drops[DROP_ICV] = 3;
	t[1] = (struct tunnel_status){
		.name = "six",
		.local = "2001:db8::1",
		.remote = "2001:db8::2",
		.algs = "aes256gcm16",
		.n_sas = 1,
	};
}

static void fill_policies(struct policy_status *p)
{
	p[0] = (struct policy_status){ .name = "zulu",
				       .id = 9,
				       .local_ts = "10.1.0.0/16",
				       .remote_ts = "10.2.0.0/16",
				       .protocol = PROTO_ANY,
				       .action = SPD_PROTECT,
				       .tunnel = "net" };
	p[1] = (struct policy_status){ .name = "mike",
				       .local_ts = "0.0.0.0/0",
				       .remote_ts = "203.0.113.7/32",
				       .protocol = PROTO_TCP,
				       .action = SPD_BYPASS };
	p[2] = (struct policy_status){ .name = "alpha",
				       .local_ts = "0.0.0.0/0",
				       .remote_ts = "0.0.0.0/0",
				       .protocol = PROTO_ANY,
				       .action = SPD_DISCARD };
}

static void fill_ifaces(struct status *s)
{
	s->ifaces[0] = (struct iface_status){ .name = "lan0",
					      .role = IFACE_PROTECTED,
					      .native = true,
					      .zero_copy = true,
					      .queues = 4 };
	s->ifaces[1] = (struct iface_status){ .name = "wan0",
					      .role = IFACE_UNPROTECTED,
					      .dispatcher = true,
					      .queues = 2 };
	s->n_ifaces = 2;
}

static struct status *snapshot_new(void)
{
	struct status *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->uptime_s = UPTIME_S;
	s->pid = 4711;
	s->default_action = SPD_BYPASS;
	s->crypto = "openssl";
	s->workers = 2;
	fill_ifaces(s);
	s->tunnels = calloc(N_TUNNELS, sizeof(*s->tunnels));
	s->policies = calloc(N_POLICIES, sizeof(*s->policies));
	assert_non_null(s->tunnels);
	assert_non_null(s->policies);
	fill_tunnels(s->tunnels);
	fill_policies(s->policies);
	s->n_tunnels = N_TUNNELS;
	s->n_policies = N_POLICIES;
	s->maps[0] = (struct map_status){ .name = "drops", .id = 17 };
	s->n_maps = 1;
	s->counters.drops[DROP_ICV] = (struct counter){ 3, 400 };
	s->counters.passes[PASS_BYPASS] = (struct counter){ 5, 600 };
	return s;
}

/* As many tunnels as asked for, each with every drop reason. */
static void add_tunnels(struct status *s, size_t n)
{
	struct tunnel_status *t = calloc(n, sizeof(*t));

	assert_non_null(t);
	for (size_t i = 0; i < n; i++) {
		snprintf(t[i].name, sizeof(t[i].name), "t%zu", i);
		t[i].n_sas = 1;
		for (int r = 0; r < DROP_MAX; r++)
			t[i].in.drops[r] = t[i].out.drops[r] = 1;
	}
	free(s->tunnels);
	s->tunnels = t;
	s->n_tunnels = n;
}

static struct status *take_snapshot(void *ctx)
{
	struct fixture *f = ctx;
	struct status *s;

	if (f->no_memory)
		return NULL;
	s = snapshot_new();
	if (f->n_tunnels)
		add_tunnels(s, f->n_tunnels);
	return s;
}

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	if (f)
		f->uptime_s = UPTIME_S;
	return f ? 0 : -1;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	vici_builder_free(&f->answer);
	free(f);
	return 0;
}

static void count_ike(void *ctx, unsigned int *up, unsigned int *connecting)
{
	(void)ctx;
	*up = 7;
	*connecting = 2;
}

/* Asks with this message; the answer is borrowed until the next question. */
static struct vici_packet ask(struct fixture *f, const char *command,
			      struct slice body)
{
	const struct control_callbacks callbacks = {
		.status = take_snapshot,
		.count_ike = count_ike,
		.ctx = f,
		.since_ns = (5000 - f->uptime_s) * NS_PER_S,
		.workers = 3,
	};
	const struct vici_packet request = {
		.type = VICI_CMD_REQUEST,
		.name = slice_of(command, strlen(command)),
		.body = body,
	};
	const struct sink sink = { 1U << TOPIC_PART, f->parts };
	struct vici_packet answer;

	vici_builder_free(&f->answer);
	assert_true(command_answer(&request, &callbacks,
				   f->parts ? &sink : NULL, &f->answer));
	assert_true(vici_packet_parse(slice_of(f->answer.ptr + LENGTH_BYTES,
					       f->answer.len - LENGTH_BYTES),
				      &answer));
	assert_true(vici_valid(answer.body));
	return answer;
}

static struct slice answer_to(struct fixture *f, const char *command)
{
	struct vici_packet answer = ask(f, command, slice_of(NULL, 0));

	assert_int_equal(answer.type, VICI_CMD_RESPONSE);
	return answer.body;
}

/* --- looking into an answer */

static void path_push(char *path, struct slice name)
{
	size_t len = strlen(path);

	assert_true(len + name.len + 2 < PATH_BYTES);
	if (len)
		path[len++] = '.';
	memcpy(path + len, name.ptr, name.len);
	path[len + name.len] = '\0';
}

static void path_pop(char *path)
{
	char *dot = strrchr(path, '.');

	*(dot ? dot : path) = '\0';
}

/* Finds "section.section.key". */
static bool find_field(struct slice body, const char *want, struct slice *out)
{
	struct vici_reader r = vici_read(body);
	char path[PATH_BYTES] = "";
	struct vici_elem elem;
	bool found;

	while (vici_next(&r, &elem) && elem.type != VICI_END) {
		if (elem.type == VICI_SECTION_END)
			path_pop(path);
		if (elem.type == VICI_SECTION_START)
			path_push(path, elem.name);
		if (elem.type != VICI_KEY_VALUE)
			continue;
		path_push(path, elem.name);
		found = strcmp(path, want) == 0;
		path_pop(path);
		*out = elem.value;
		if (found)
			return true;
	}
	return false;
}

static void assert_field(struct slice body, const char *path, const char *want)
{
	struct slice value;
	char text[256];

	if (!find_field(body, path, &value))
		fail_msg("no field %s", path);
	assert_true(value.len < sizeof(text));
	memcpy(text, value.ptr, value.len);
	text[value.len] = '\0';
	assert_string_equal(text, want);
}

static void assert_no_field(struct slice body, const char *path)
{
	struct slice value;

	if (find_field(body, path, &value))
		fail_msg("field %s is there", path);
}

static void assert_refusal(struct slice body, const char *why)
{
	assert_field(body, "success", "no");
	assert_field(body, "errmsg", why);
}

/* --- the cases */

static void version_has_strongswans_fields(void **state)
{
	struct fixture *f = *state;
	struct slice body = answer_to(f, "version");
	struct utsname host;

	assert_int_equal(uname(&host), 0);
	assert_field(body, "daemon", "cygnet");
	assert_field(body, "version", CYG_VERSION);
	assert_field(body, "sysname", host.sysname);
	assert_field(body, "release", host.release);
	assert_field(body, "machine", host.machine);
}

static void stats_has_what_we_have_of_strongswans_fields(void **state)
{
	struct slice body;

	setenv("TZ", "EET-2", 1);
	tzset();
	body = answer_to(*state, "stats");

	assert_field(body, "uptime.running", "3 minutes");
	assert_field(body, "uptime.since", "Nov 15 00:10:08 2023");
	assert_field(body, "workers.total", "3");
	assert_field(body, "workers.idle", "0");
	assert_field(body, "workers.active.low", "3");
	assert_field(body, "queues.critical", "0");
	assert_field(body, "scheduled", "0");
	assert_field(body, "ikesas.total", "9");
	assert_field(body, "ikesas.half-open", "2");
}

static void running_is_written_as_strongswan_does(void **state)
{
	static const struct {
		uint64_t s;
		const char *want;
	} rows[] = { { 0, "0 seconds" },      { 1, "1 second" },
		     { 120, "120 seconds" },  { 121, "2 minutes" },
		     { 7200, "120 minutes" }, { 7201, "2 hours" },
		     { 172800, "48 hours" },  { 172801, "2 days" } };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f->uptime_s = rows[i].s;
		assert_field(answer_to(f, "stats"), "uptime.running",
			     rows[i].want);
	}
}

static void status_shows_gateway_interfaces_and_maps(void **state)
{
	struct slice body = answer_to(*state, "cygnet-status");

	assert_field(body, "gateway.version", CYG_VERSION);
	assert_field(body, "gateway.pid", "4711");
	assert_field(body, "gateway.uptime", "192");
	assert_field(body, "gateway.default", "bypass");
	assert_field(body, "gateway.crypto", "openssl");
	assert_field(body, "gateway.workers", "2");
	assert_field(body, "interfaces.lan0.role", "protected");
	assert_field(body, "interfaces.lan0.xdp", "native");
	assert_field(body, "interfaces.lan0.place", "alone");
	assert_field(body, "interfaces.lan0.af_xdp", "zero-copy");
	assert_field(body, "interfaces.lan0.queues", "4");
	assert_field(body, "interfaces.wan0.role", "unprotected");
	assert_field(body, "interfaces.wan0.xdp", "generic");
	assert_field(body, "interfaces.wan0.place", "dispatcher");
	assert_field(body, "interfaces.wan0.af_xdp", "copy");
	assert_field(body, "interfaces.wan0.queues", "2");
	assert_field(body, "maps.drops", "17");
}

static void status_shows_both_directions_of_a_tunnel(void **state)
{
	struct slice body = answer_to(*state, "cygnet-status");

	assert_field(body, "tunnels.net.local", "192.0.2.1");
	assert_field(body, "tunnels.net.remote", "198.51.100.2");
	assert_field(body, "tunnels.net.algs", "aes128-sha256");
	assert_field(body, "tunnels.net.mode", "tunnel");
	assert_field(body, "tunnels.net.in.spi", "0x00001001");
	assert_field(body, "tunnels.net.in.packets", "118");
	assert_field(body, "tunnels.net.in.bytes", "99120");
	assert_field(body, "tunnels.net.in.seq", "130");
	assert_field(body, "tunnels.net.in.idle", "1");
	assert_field(body, "tunnels.net.out.spi", "0xc0ffee01");
	assert_field(body, "tunnels.net.out.packets", "120");
	assert_field(body, "tunnels.net.out.bytes", "18446744073709551615");
	assert_field(body, "tunnels.net.out.seq", "121");
	assert_field(body, "tunnels.net.out.idle", "never");
	assert_field(body, "tunnels.six.local", "2001:db8::1");
	assert_field(body, "tunnels.six.remote", "2001:db8::2");
}

static void status_shows_drops_of_an_sa_that_happened(void **state)
{
	struct slice body = answer_to(*state, "cygnet-status");

	assert_field(body, "tunnels.net.in.drops.replay", "12");
	assert_field(body, "tunnels.net.in.drops.icv", "3");
	assert_no_field(body, "tunnels.net.in.drops.padding");
	assert_no_field(body, "tunnels.net.in.drops.none");
	assert_no_field(body, "tunnels.net.out.drops.replay");
}

static void policies_are_shown_with_their_fields(void **state)
{
	struct slice body = answer_to(*state, "cygnet-policies");

	assert_field(body, "policies.zulu.policy", "9");
	assert_field(body, "policies.zulu.action", "protect");
	assert_field(body, "policies.zulu.local_ts", "10.1.0.0/16");
	assert_field(body, "policies.zulu.remote_ts", "10.2.0.0/16");
	assert_field(body, "policies.zulu.protocol", "0");
	assert_field(body, "policies.zulu.tunnel", "net");
	assert_field(body, "policies.mike.action", "bypass");
	assert_field(body, "policies.mike.remote_ts", "203.0.113.7/32");
	assert_field(body, "policies.mike.protocol", "6");
	assert_field(body, "policies.mike.tunnel", "");
	assert_field(body, "policies.alpha.action", "discard");
	assert_field(body, "default", "bypass");
}

static void policies_keep_their_order(void **state)
{
	static const char *const want[] = { "zulu", "mike", "alpha" };
	struct slice body = answer_to(*state, "cygnet-policies");
	struct vici_reader r = vici_read(body);
	struct vici_elem elem;
	unsigned int seen = 0;
	bool inside = false;

	while (vici_next(&r, &elem) && elem.type != VICI_END) {
		if (elem.type == VICI_SECTION_END && r.depth == 0)
			inside = false;
		if (elem.type != VICI_SECTION_START)
			continue;
		if (inside) {
			assert_true(seen < N_POLICIES);
			assert_int_equal(elem.name.len, strlen(want[seen]));
			assert_memory_equal(elem.name.ptr, want[seen],
					    elem.name.len);
			seen++;
		}
		if (r.depth == 1)
			inside = elem.name.len == strlen("policies") &&
				 memcmp(elem.name.ptr, "policies",
					elem.name.len) == 0;
	}
	assert_int_equal(seen, N_POLICIES);
}

static void drops_shows_every_reason_with_its_meaning(void **state)
{
	struct slice body = answer_to(*state, "cygnet-drops");
	char path[PATH_BYTES];

	for (int i = DROP_NONE + 1; i < DROP_MAX; i++) {
		enum drop_reason reason = (enum drop_reason)i;
		bool icv = reason == DROP_ICV;

		snprintf(path, sizeof(path), "drops.%s.packets",
			 drop_name(reason));
		assert_field(body, path, icv ? "3" : "0");
		snprintf(path, sizeof(path), "drops.%s.bytes",
			 drop_name(reason));
		assert_field(body, path, icv ? "400" : "0");
		snprintf(path, sizeof(path), "drops.%s.text", drop_name(reason));
		assert_field(body, path, drop_text(reason));
	}
	assert_no_field(body, "drops.none.packets");
}

static void drops_shows_every_pass_with_its_meaning(void **state)
{
	struct slice body = answer_to(*state, "cygnet-drops");
	char path[PATH_BYTES];

	for (int i = 0; i < PASS_MAX; i++) {
		enum pass_reason reason = (enum pass_reason)i;
		bool bypass = reason == PASS_BYPASS;

		snprintf(path, sizeof(path), "passes.%s.packets",
			 pass_name(reason));
		assert_field(body, path, bypass ? "5" : "0");
		snprintf(path, sizeof(path), "passes.%s.bytes",
			 pass_name(reason));
		assert_field(body, path, bypass ? "600" : "0");
		snprintf(path, sizeof(path), "passes.%s.text",
			 pass_name(reason));
		assert_field(body, path, pass_text(reason));
	}
}

static void snapshot_without_memory_is_refused_in_words(void **state)
{
	struct fixture *f = *state;

	f->no_memory = true;

	assert_refusal(answer_to(f, "cygnet-status"),
		       "out of memory for a snapshot");
	assert_refusal(answer_to(f, "cygnet-policies"),
		       "out of memory for a snapshot");
}

static void version_and_stats_need_no_snapshot(void **state)
{
	struct fixture *f = *state;

	f->no_memory = true;

	assert_field(answer_to(f, "version"), "daemon", "cygnet");
	assert_field(answer_to(f, "stats"), "uptime.running", "3 minutes");
}

static void snapshot_over_a_packet_is_refused_in_words(void **state)
{
	struct fixture *f = *state;

	f->n_tunnels = 512;
	assert_refusal(answer_to(f, "cygnet-status"),
		       "the answer does not fit a packet of 512 KiB, "
		       "or memory ran out");

	f->n_tunnels = 64;
	assert_field(answer_to(f, "cygnet-status"), "tunnels.t63.in.drops.icv",
		     "1");
}

/* The next one. */
static struct slice take_part(struct fixture *f, uint8_t room[VICI_PACKET_MAX])
{
	uint8_t length[LENGTH_BYTES];
	struct slice head = slice_of(length, sizeof(length));
	struct vici_packet part;
	uint32_t len;

	assert_int_equal(evbuffer_remove(f->parts, length, sizeof(length)),
			 sizeof(length));
	assert_true(rd_u32(&head, &len) && len <= VICI_PACKET_MAX);
	assert_int_equal(evbuffer_remove(f->parts, room, len), len);
	assert_true(vici_packet_parse(slice_of(room, len), &part));
	assert_int_equal(part.type, VICI_EVENT);
	assert_memory_equal(part.name.ptr, "cygnet-part", part.name.len);
	assert_true(vici_valid(part.body));
	return part.body;
}

static void rows_are_parts_for_who_is_registered_however_many(void **state)
{
	static uint8_t room[VICI_PACKET_MAX];
	struct fixture *f = *state;
	struct slice body;
	char path[64];

	f->n_tunnels = 512;
	f->parts = evbuffer_new();
	body = answer_to(f, "cygnet-status");
	assert_no_field(body, "errmsg");
	assert_no_field(body, "tunnels.t0.sas");
	for (size_t i = 0; i < f->n_tunnels; i++) {
		snprintf(path, sizeof(path), "tunnels.t%zu.in.drops.icv", i);
		assert_field(take_part(f, room), path, "1");
	}
	assert_int_equal(evbuffer_get_length(f->parts), 0);
	answer_to(f, "cygnet-counters");
	assert_field(take_part(f, room), "tunnels.t0.in.drops.icv", "1");
	evbuffer_drain(f->parts, evbuffer_get_length(f->parts));
	answer_to(f, "cygnet-policies");
	assert_field(take_part(f, room), "policies.zulu.action", "protect");
	evbuffer_drain(f->parts, evbuffer_get_length(f->parts));
	answer_to(f, "cygnet-drops");
	assert_int_equal(evbuffer_get_length(f->parts), 0);
	evbuffer_free(f->parts);
}

static void command_with_arguments_is_refused(void **state)
{
	static const uint8_t argument[] = { 3, 1, 'k', 0, 1, 'v' };
	static const char *const names[] = {
		"version",	   "stats",
		"cygnet-status",   "cygnet-policies",
		"cygnet-counters", "cygnet-drops",
		"get-algorithms",  "cygnet-algorithms"
	};
	struct slice body = slice_of(argument, sizeof(argument));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_refusal(ask(*state, names[i], body).body,
			       "this command takes no arguments");
}

static void unknown_names_are_answered_with_cmd_unknown(void **state)
{
	static const char *const names[] = { "list-sas-x", "", "versio",
					     "versions", "Version" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(ask(*state, names[i], slice_of(NULL, 0)).type,
				 VICI_CMD_UNKNOWN);
}

static void duration_is_its_two_largest_units(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *want;
	} rows[] = {
		{ 0, "0s" },
		{ 59, "59s" },
		{ 60, "1m00s" },
		{ 3599, "59m59s" },
		{ 3600, "1h00m" },
		{ 86399, "23h59m" },
		{ 86400, "1d00h" },
		{ 8999999, "104d03h" },
		{ UINT64_MAX, "213503982334601d07h" },
	};
	char buf[DURATION_STR_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(duration_str(rows[i].seconds, buf),
				    rows[i].want);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(version_has_strongswans_fields),
		CASE(stats_has_what_we_have_of_strongswans_fields),
		CASE(running_is_written_as_strongswan_does),
		CASE(status_shows_gateway_interfaces_and_maps),
		CASE(status_shows_both_directions_of_a_tunnel),
		CASE(status_shows_drops_of_an_sa_that_happened),
		CASE(policies_are_shown_with_their_fields),
		CASE(policies_keep_their_order),
		CASE(drops_shows_every_reason_with_its_meaning),
		CASE(drops_shows_every_pass_with_its_meaning),
		CASE(snapshot_without_memory_is_refused_in_words),
		CASE(version_and_stats_need_no_snapshot),
		CASE(snapshot_over_a_packet_is_refused_in_words),
		CASE(rows_are_parts_for_who_is_registered_however_many),
		CASE(command_with_arguments_is_refused),
		CASE(unknown_names_are_answered_with_cmd_unknown),
		CASE(duration_is_its_two_largest_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
