// SPDX-License-Identifier: BSD-2-Clause
/*
 * What many SAs cost. A packet, which is of another SA each: nanoseconds of the
 * lookup alone in BPF's maps, one after the other, less those of choosing the SPI;
 * and as the kernel's accounting has them for `edge` at the unprotected side, less
 * those of an empty program, with the system call of a test run between two
 * packets, which leaves little in the CPU's own caches. Whoever adds and removes: one
 * SA in the tables while so many are there, microseconds. And all of them: the
 * time to load them, the octets of each in the data path's memory. BPF's map has
 * as many again, which it accounts for itself.
 */
#include <bpf/bpf.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ctrl/dp/sadb.h"
#include "tests/bench/bench.h"
#include "tests/bench/program_run.h"
#include "tests/bench/sad_lookup.h"
#include "tests/bpf/fixture.h"

#define PACKETS 32768U /* of one round */
#define CHANGES 1024U  /* of one round */
#define SPI_AT	(ETH_HEADER_BYTES + IPV4_HEADER_BYTES)
#define LOADED	100000U

/* As the fixture has it, with a few SAs of its own in either. */
static const struct {
	uint32_t sas;
	enum instance on;
} sizes[] = {
	{ 1, GW_BYPASS },      { 1024, GW_BYPASS },
	{ 16384, GW_BYPASS },  { SAS_DEFAULT - 8, GW_BYPASS },
	{ 16384, GW_DISCARD }, { SAD_MAX - 8, GW_DISCARD },
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* --- a packet */

static double run_packets(int fd, int empty_fd, const struct spread *s,
			  uint32_t first)
{
	static const struct frame_spec spec = { .saddr = STRANGER,
						.daddr = GATEWAY_OUT,
						.protocol = PROTO_ESP };
	const uint32_t ifindex = if_nametoindex("unprot");
	const struct account before = account_of(fd);
	const struct account empty = account_of(empty_fd);
	struct frame f;

	frame_build(&spec, &f);
	for (uint32_t i = 0; i < PACKETS; i++) {
		/* An odd step again, over all that there are. */
		uint64_t at = (uint64_t)(first + i) * 40503U % s->sas;

		frame_wr32(&f, SPI_AT, spi_of(s, (uint32_t)at));
		program_run(fd, &f, ifindex);
		program_run(empty_fd, &f, ifindex);
	}
	return account_per_packet(fd, &before, PACKETS) -
	       account_per_packet(empty_fd, &empty, PACKETS);
}

/* --- the lookup alone */

#define LOOKUPS 1000000U

/* Nanoseconds of one. */
static double run_lookups(int fd)
{
	uint8_t frame[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = sizeof(frame), .repeat = LOOKUPS);

	must(bpf_prog_test_run_opts(fd, &opts) == 0, "a test run failed");
	must(opts.retval == XDP_DROP, "an SA is not in the map");
	return opts.duration;
}

struct packet_row {
	struct spread spread;
	uint32_t room;		       /* of the map */
	struct samples lookup, packet; /* nanoseconds */
};

static void add_inbound(struct programs *p, const struct spread *s)
{
	struct sad_key key = { .protocol = PROTO_ESP };

	must(addr_parse(GATEWAY_OUT, &key.daddr) == 0, "no address");
	for (uint32_t i = 0; i < s->sas; i++) {
		const struct sa_ref ref = { .id = i, .gen = 1 };

		key.spi = htonl(spi_of(s, i));
		must(programs_add_inbound(p, &key, ref) == 0,
		     "the map sad takes no more");
	}
}

static void del_inbound(struct programs *p, const struct spread *s)
{
	struct sad_key key = { .protocol = PROTO_ESP };

	must(addr_parse(GATEWAY_OUT, &key.daddr) == 0, "no address");
	for (uint32_t i = 0; i < s->sas; i++) {
		key.spi = htonl(spi_of(s, i));
		must(programs_del_inbound(p, &key) == 0, "no entry");
	}
}

static uint64_t steered(const struct programs *p)
{
	struct counters c = { 0 };

	programs_counters(p, &c);
	return c.passes[PASS_STEER_IN].pkts;
}

static void measure_packets(struct programs *p, uint32_t rounds,
			    struct packet_row *r)
{
	const int fd = programs_xdp_fd(p);
	const int empty_fd = program_empty(BPF_PROG_TYPE_XDP);
	const struct sad_fds fds = { map_of(fd, "sad"),
				     map_of(fd, "sad_slots") };
	const int lookup_fd = load_lookup(&fds, &r->spread);
	const int key_fd = load_lookup(NULL, &r->spread);
	const uint64_t before = steered(p);

	for (uint32_t i = 0; i < rounds; i++) {
		samples_add(&r->lookup,
			    run_lookups(lookup_fd) - run_lookups(key_fd));
		samples_add(&r->packet,
			    run_packets(fd, empty_fd, &r->spread, i * PACKETS));
	}
	must(steered(p) - before == (uint64_t)rounds * PACKETS,
	     "packets took another way");
	samples_sort(&r->lookup);
	samples_sort(&r->packet);
	close(key_fd);
	close(lookup_fd);
	close(fds.slots);
	close(fds.sad);
	close(empty_fd);
}

/* one: the row of a single SA. */
static void print_packets(struct report *out, const struct packet_row *r,
			  const struct packet_row *one)
{
	const double lookup =
		samples_median(&r->lookup) / samples_median(&one->lookup);
	const double packet =
		samples_median(&r->packet) / samples_median(&one->packet);

	fprintf(out->table, "%8u %8u", r->room, r->spread.sas);
	table_samples(out, &r->lookup, 0);
	fprintf(out->table, " %6.2f", lookup);
	table_samples(out, &r->packet, 0);
	fprintf(out->table, " %6.2f\n", packet);
	if (!out->json)
		return;
	json_row(out);
	fprintf(out->json,
		"\"room\": %u, \"sas\": %u, \"ratio_to_1\": %.3f, \"packet_ratio_to_1\": %.3f",
		r->room, r->spread.sas, lookup, packet);
	json_samples(out, "lookup_ns", &r->lookup);
	json_samples(out, "packet_ns", &r->packet);
}

static void bench_packets(struct report *out, const struct fixture *fx,
			  uint32_t rounds)
{
	struct packet_row one = { .room = 0 };

	fprintf(out->table,
		"a packet of another SA each, nanoseconds: median of %u rounds (min to max)\n\n",
		rounds);
	fprintf(out->table, "%8s %8s %-*s%7s %-*s%7s\n", "room", "SAs",
		TABLE_CELL, "lookup", "to 1", TABLE_CELL, "program, cold",
		"to 1");
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		const enum instance on = sizes[i].on;
		struct packet_row r = {
			.spread = spread_of(sizes[i].sas, fx->sas[on]),
			.room = fx->sas[on],
		};

		add_inbound(fx->programs[on], &r.spread);
		measure_packets(fx->programs[on], rounds, &r);
		del_inbound(fx->programs[on], &r.spread);
		if (i == 0)
			one = r;
		print_packets(out, &r, &one);
	}
}

/* --- SAs that come and go */

/* And room for those that come and go. */
static const struct spread loaded = { LOADED, 1U << 18 };

struct suite {
	const struct crypto_backend *backend;
	const char *name;
	const char *encr, *integ;
};

struct gateway {
	struct programs *programs;
	const struct encr_alg *encr;
	const struct integ_alg *integ;
	struct policy_view *view;
	struct sad *sad;
	struct sadb *sadb;
	struct sadb_selector selector;
	uint32_t policy;
	uint64_t answered;
};

static int map_policies(void *ctx, const struct spd_image *list)
{
	const struct gateway *g = ctx;

	return programs_set_policies(g->programs, list);
}

static int map_bind(void *ctx, uint32_t policy_id, struct sa_ref sa)
{
	const struct gateway *g = ctx;

	return programs_bind(g->programs, policy_id, sa);
}

static int map_add(void *ctx, const struct sad_key *key, struct sa_ref sa)
{
	const struct gateway *g = ctx;

	return programs_add_inbound(g->programs, key, sa);
}

static int map_del(void *ctx, const struct sad_key *key)
{
	const struct gateway *g = ctx;

	return programs_del_inbound(g->programs, key);
}

static void on_answer(void *ctx, const struct sadb_answer *a)
{
	struct gateway *g = ctx;

	must(a->err == 0, "the SAD refuses");
	g->answered++;
}

static void gateway_open(struct gateway *g, const struct suite *suite)
{
	const struct sadb_maps maps = { .set_policies = map_policies,
					.bind = map_bind,
					.add_inbound = map_add,
					.del_inbound = map_del,
					.ctx = g };
	const struct sadb_calls calls = { .answer = on_answer, .ctx = g };
	struct sadb_spec spec = { .maps = &maps, .max_sas = SAD_MAX };
	struct policy policy;
	struct error e;

	g->encr = encr_by_name(suite->encr);
	g->integ = suite->integ ? integ_by_name(suite->integ) : &integ_none;
	g->view = calloc(1, sizeof(*g->view));
	g->sad = sad_new(suite->backend, 1);
	must(g->view && g->sad, "no memory");
	spec.sad = g->sad;
	spec.view = g->view;
	must(sadb_new(&spec, &g->sadb, &e) == 0, "no seam");
	sadb_serve(g->sadb, &calls, 0);
	must(fixture_policy("10.1.0.0/24", "10.2.0.0/16", PROTO_ANY, &policy),
	     "no policy");
	must(sadb_set_policies(g->sadb, &policy, 1) == 0, "no policy");
	g->selector = policy.selector;
	g->policy = policy.id;
}

static void gateway_close(struct gateway *g)
{
	sadb_free(g->sadb);
	sad_free(g->sad);
	free(g->view);
}

/* Every other one is outbound. */
static struct sadb_request request(const struct gateway *g, enum sadb_verb verb,
				   uint32_t i)
{
	const struct addr us = addr_from_v4(inet_addr("192.0.2.1"));
	const struct addr peer = addr_from_v4(inet_addr("192.0.2.2"));
	const bool in = i % 2;
	struct sadb_request q = {
		.token = i + 1,
		.verb = (uint8_t)verb,
		.id = { .daddr = in ? us : peer,
			.spi = spi_of(&loaded, i),
			.dir = in ? SADB_IN : SADB_OUT },
		.sa = { .saddr = in ? peer : us,
			.policy = g->policy,
			.encr = (uint16_t)g->encr->id,
			.encr_key_bits = g->encr->key_bits,
			.encr_key_len = (uint16_t)encr_key_bytes(g->encr),
			.integ = (uint16_t)g->integ->id,
			.integ_key_len = g->integ->key_bytes,
			.n_selectors = 1,
			.replay_window = 64,
			.soft = { .time_s = 3600 },
			.hard = { .time_s = 3960 },
			.selectors = { g->selector } },
	};

	memcpy(q.sa.encr_key, &i, sizeof(i));
	return q;
}

/* The verb for so many, and their answers; microseconds, without the waiting. */
static double ask(struct gateway *g, enum sadb_verb verb, uint32_t first,
		  uint32_t n)
{
	const uint64_t until = g->answered + n;
	double used = 0, from;

	for (uint32_t i = first; i < first + n; i++) {
		const struct sadb_request q = request(g, verb, i);

		from = now_us();
		sadb_request(g->sadb, &q, 0);
		used += now_us() - from;
	}
	while (g->answered < until) {
		struct pollfd ready = { .fd = sadb_fd(g->sadb),
					.events = POLLIN };

		poll(&ready, 1, 1000);
		from = now_us();
		sadb_poll(g->sadb, 0);
		used += now_us() - from;
	}
	return used;
}

/* Packets by them, on another CPU, from SIGCONT on. Made before them, so that no
 * page of theirs is shared with it and copied when it is written. */
static pid_t make_load(const struct programs *p)
{
	const int fd = programs_xdp_fd(p),
		  empty_fd = program_empty(BPF_PROG_TYPE_XDP);
	pid_t pid = fork();

	must(pid >= 0, "no process for load");
	if (pid)
		return pid;
	bench_pin_to(0);
	raise(SIGSTOP);
	for (;;)
		run_packets(fd, empty_fd, &loaded, 1);
}

static void end_load(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

struct change_row {
	const struct suite *suite;
	double load_ms;
	double bytes;		    /* of each SA */
	struct samples add, remove; /* microseconds of each */
};

static double allocated(void)
{
	const struct mallinfo2 m = mallinfo2();

	return (double)(m.uordblks + m.hblkhd);
}

static void measure_changes(struct gateway *g, uint32_t rounds, pid_t load,
			    struct change_row *r)
{
	const double before = allocated();
	const double from = now_us();

	ask(g, SADB_ADD, 0, LOADED);
	r->load_ms = (now_us() - from) / 1e3;
	r->bytes = (allocated() - before) / LOADED;
	kill(load, SIGCONT);
	for (uint32_t i = 0; i < rounds; i++) {
		const uint32_t first = LOADED + i * CHANGES;

		samples_add(&r->add, ask(g, SADB_ADD, first, CHANGES) / CHANGES);
		samples_add(&r->remove,
			    ask(g, SADB_DELETE, first, CHANGES) / CHANGES);
	}
	end_load(load);
	samples_sort(&r->add);
	samples_sort(&r->remove);
	ask(g, SADB_DELETE, 0, LOADED);
}

static void print_changes(struct report *out, const struct change_row *r)
{
	fprintf(out->table, "%-10s %-16s %8.0f %8.0f ", r->suite->backend->name,
		r->suite->name, r->load_ms, r->bytes);
	table_samples(out, &r->add, 1);
	table_samples(out, &r->remove, 1);
	fputc('\n', out->table);
	if (!out->json)
		return;
	json_row(out);
	fprintf(out->json,
		"\"backend\": \"%s\", \"suite\": \"%s\", \"sas\": %u, \"load_ms\": %.1f, \"bytes\": %.0f",
		r->suite->backend->name, r->suite->name, LOADED, r->load_ms,
		r->bytes);
	json_samples(out, "add_us", &r->add);
	json_samples(out, "remove_us", &r->remove);
}

static void bench_changes(struct report *out, struct programs *p,
			  uint32_t rounds)
{
	static const struct suite suites[] = {
		{ &crypto_ipsec_mb, "aes128gcm16", "aes128gcm16", NULL },
		{ &crypto_ipsec_mb, "aes256gcm16", "aes256gcm16", NULL },
		{ &crypto_ipsec_mb, "chacha20poly1305", "chacha20poly1305",
		  NULL },
		{ &crypto_ipsec_mb, "aes256-sha512", "aes256", "sha512" },
		{ &crypto_openssl, "aes128gcm16", "aes128gcm16", NULL },
	};

	fprintf(out->table,
		"\n%u SAs, every other one outbound; one more while packets pass, microseconds\n\n",
		LOADED);
	fprintf(out->table, "%-10s %-16s %8s %8s  %-*s%s\n", "backend", "suite",
		"load ms", "octets", TABLE_CELL, "added", "removed");
	for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
		struct gateway g = { .programs = p };
		struct change_row r = { .suite = &suites[i] };
		const pid_t load = make_load(p);

		gateway_open(&g, &suites[i]);
		measure_changes(&g, rounds, load, &r);
		gateway_close(&g);
		print_changes(out, &r);
	}
}

int main(int argc, char **argv)
{
	struct report out = report_start(argc, argv);
	const uint32_t rounds = bench_rounds();
	struct fixture fx = {
		.sas = { [GW_BYPASS] = SAS_DEFAULT, [GW_DISCARD] = SAD_MAX }
	};

	must_be_root();
	bench_pin();
	must(fixture_start(&fx), "no gateway to measure");
	must(bpf_enable_stats(BPF_STATS_RUN_TIME) >= 0,
	     "the kernel does not account for BPF programs");
	bench_packets(&out, &fx, rounds);
	bench_changes(&out, fx.programs[GW_DISCARD], rounds);
	report_end(&out);
	fixture_stop(&fx);
	return 0;
}
