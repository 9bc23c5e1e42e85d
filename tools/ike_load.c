// SPDX-License-Identifier: BSD-2-Clause
/*
 * A load generator: initiators in any number, each a peer of its own to the gateway
 * that they speak to. Engines of ours on real sockets, without a data path.
 *
 *     ike_load FILE N            all up, their children rekeyed, their IKE SAs
 *                                rekeyed, all down; AT_ONCE at a time
 *     ike_load FILE N SECONDS    up and down again and again, all at once; one
 *                                that fails ends the program
 *
 * FILE is a configuration with one connection, of one child, and one secret, or
 * certificates with their keys in the folders beside it: the first initiator's. Each further one has the next address in its local_addrs and the
 * next network in its local_ts. All addresses are this machine's: a route of type
 * local is enough.
 *
 * Of each phase one line of JSON tells: how many it was done with, how many failed,
 * in how many seconds, and how long one took. Before each further one a line is
 * waited for on standard input, or its end; meanwhile peers are answered.
 */
#include <poll.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/conf/conf.h"
#include "ctrl/crypto/random.h"
#include "ctrl/daemon/ike_udp.h"
#include "ctrl/daemon/key_loads.h"
#include "ctrl/pki/creds.h"
#include "tests/bench/bench.h"
#include "tests/support/ike_answers.h"

#define PER_ENGINE    32U /* so that no engine searches for long */
#define AT_ONCE	      32U
#define INITIATORS    65536U
#define SHOWN	      10U /* failures of which the reason is told */
#define STANDSTILL_NS (120 * NS_PER_S)
#define LOOK_NS	      NS_PER_S

enum phase {
	PHASE_UP,
	PHASE_REKEY_CHILD,
	PHASE_REKEY_IKE,
	PHASE_DOWN,
	PHASES,
};

static const struct {
	const char *name;
	enum ike_event_kind done; /* what one is done with, and all of it */
} phases[] = {
	[PHASE_UP] = { "up", IKE_EV_CHILD_UP },
	[PHASE_REKEY_CHILD] = { "rekey_child", IKE_EV_CHILD_DOWN },
	[PHASE_REKEY_IKE] = { "rekey_ike", IKE_EV_IKE_DOWN },
	[PHASE_DOWN] = { "down", IKE_EV_IKE_DOWN },
};

enum state {
	STATE_IDLE,
	STATE_BUSY, /* with its phase */
	STATE_FAILED,
};

struct initiator {
	enum phase phase; /* the last one that it began */
	enum state state;
	uint64_t began_ns;
	uint64_t took_ns;
};

struct generator;

/* An engine with some of them, by index. */
struct shard {
	struct generator *generator;
	struct engine *engine;
	struct ike_answers answers;
};

struct generator {
	struct config *config;
	struct sign_keys *keys;
	struct creds *creds;
	struct addr first; /* its address */
	struct initiator *at;
	uint32_t n;
	struct shard *shards;
	uint32_t n_shards;
	struct random_pool random;
	int fds[IKE_UDP_SOCKETS];
	uint32_t n_busy, n_failed, n_shown;
	uint64_t n_done;
	uint64_t moved_ns; /* when one was done with something last */
};

static struct shard *shard_of(const struct generator *g, uint32_t i)
{
	return &g->shards[i / PER_ENGINE];
}

/* --- calls of the engines */

static void on_send(void *ctx, const struct ike_path *path, struct slice d)
{
	const struct shard *s = ctx;

	/* What the socket does not take is lost, and sent again. */
	(void)ike_udp_send(s->generator->fds, path, d);
}

static void on_sadb(void *ctx, const struct sadb_request *q)
{
	struct shard *s = ctx;

	ike_answers_sadb(&s->answers, q);
}

static void on_keystore(void *ctx, const struct keystore_request *q)
{
	struct shard *s = ctx;

	ike_answers_keystore(&s->answers, q);
}

static void on_ke(void *ctx, struct ke_job *job)
{
	struct shard *s = ctx;

	ike_answers_ke(&s->answers, job);
}

static void on_verify(void *ctx, struct verify_job *job)
{
	struct shard *s = ctx;

	ike_answers_verify(&s->answers, job);
}

static bool on_random(void *ctx, void *out, size_t len)
{
	struct shard *s = ctx;

	return random_bytes(&s->generator->random, out, len);
}

/* Connections name their local address. */
static bool on_source(void *ctx, const struct addr *remote, struct addr *local)
{
	(void)ctx;
	(void)remote;
	(void)local;
	return false;
}

static void end(struct generator *g, struct initiator *at, enum state state)
{
	g->moved_ns = clock_ns();
	at->took_ns = g->moved_ns - at->began_ns;
	at->state = state;
	g->n_busy--;
	if (state == STATE_IDLE)
		g->n_done++;
	else
		g->n_failed++;
}

static void on_event(void *ctx, const struct ike_event *e)
{
	const struct shard *s = ctx;
	struct generator *g = s->generator;
	struct initiator *at = &g->at[strtoul(e->conn, NULL, 10)];

	must(*e->conn, e->text);
	if (at->state != STATE_BUSY)
		return;
	if (e->kind == phases[at->phase].done) {
		end(g, at, STATE_IDLE);
	} else if (e->kind == IKE_EV_FAILED || e->kind == IKE_EV_IKE_DOWN) {
		end(g, at, STATE_FAILED);
		if (g->n_shown++ < SHOWN)
			fprintf(stderr, "ike_load: initiator %s: %s: %s\n",
				e->conn, phases[at->phase].name, e->text);
	}
}

/* --- the network */

static void receive(struct generator *g, int which)
{
	static uint8_t room[IKE_UDP_MAX];
	struct ike_path path;
	struct ike_datagram d;

	while (ike_udp_receive(g->fds, which, room, &path, &d)) {
		uint64_t i =
			addr_halves(&path.local).lo - addr_halves(&g->first).lo;
		struct shard *s;

		if (!d.len || i >= g->n)
			continue;
		s = shard_of(g, (uint32_t)i);
		engine_input(s->engine, &path, d.octets, d.len, clock_ns());
		ike_answers_give(&s->answers, s->engine, clock_ns());
	}
}

static uint64_t deadline(const struct generator *g)
{
	uint64_t at = UINT64_MAX;

	for (uint32_t i = 0; i < g->n_shards; i++)
		if (engine_deadline(g->shards[i].engine) < at)
			at = engine_deadline(g->shards[i].engine);
	return at;
}

static int wait_ms(const struct generator *g)
{
	uint64_t at = deadline(g), now = clock_ns();

	if (at > now + LOOK_NS)
		at = now + LOOK_NS;
	return at > now ? (int)((at - now) / NS_PER_MS) + 1 : 0;
}

static void time_out(struct generator *g)
{
	for (uint32_t i = 0; i < g->n_shards; i++) {
		struct shard *s = &g->shards[i];

		if (engine_deadline(s->engine) > clock_ns())
			continue;
		engine_timeout(s->engine, clock_ns());
		ike_answers_give(&s->answers, s->engine, clock_ns());
	}
}

/* Until something happens, or for a moment. True: somebody wrote a line. */
static bool turn(struct generator *g, bool hears_input)
{
	struct pollfd fds[IKE_UDP_SOCKETS + 1];
	char line[256];

	for (int which = 0; which < IKE_UDP_SOCKETS; which++)
		fds[which] = (struct pollfd){ .fd = g->fds[which],
					      .events = POLLIN };
	fds[IKE_UDP_SOCKETS] = (struct pollfd){
		.fd = hears_input ? STDIN_FILENO : -1,
		.events = POLLIN,
	};
	poll(fds, IKE_UDP_SOCKETS + 1, wait_ms(g));
	for (int which = 0; which < IKE_UDP_SOCKETS; which++)
		if (fds[which].revents)
			receive(g, which);
	time_out(g);
	if (!fds[IKE_UDP_SOCKETS].revents)
		return false;
	return read(STDIN_FILENO, line, sizeof(line)) >= 0;
}

/* --- what they do */

static void begin(struct generator *g, uint32_t i, enum phase phase)
{
	struct shard *s = shard_of(g, i);
	const char *child = g->config->conns[0].children[0].name;
	struct initiator *at = &g->at[i];
	char name[CONN_NAME_MAX];
	int err = 0;

	snprintf(name, sizeof(name), "%u", i);
	at->phase = phase;
	at->state = STATE_BUSY;
	at->began_ns = clock_ns();
	g->n_busy++;
	if (phase == PHASE_UP)
		err = engine_initiate(s->engine, name, NULL, clock_ns());
	else if (phase == PHASE_DOWN)
		engine_terminate(s->engine, name, NULL, clock_ns());
	else
		engine_rekey(s->engine, name,
			     phase == PHASE_REKEY_CHILD ? child : NULL,
			     clock_ns());
	must(!err, "cannot initiate");
	ike_answers_give(&s->answers, s->engine, clock_ns());
}

static void check_moves(const struct generator *g)
{
	must(clock_ns() < g->moved_ns + STANDSTILL_NS,
	     "nothing comes to an end any more");
}

static int order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Of those that were done with the phase. */
static void report(const struct generator *g, enum phase phase,
		   uint64_t began_ns)
{
	uint64_t *took = calloc(g->n + 1, sizeof(*took));
	size_t n = 0;

	must(took, "no memory");
	for (uint32_t i = 0; i < g->n; i++)
		if (g->at[i].phase == phase && g->at[i].state == STATE_IDLE)
			took[n++] = g->at[i].took_ns;
	qsort(took, n, sizeof(*took), order);
	printf("{\"phase\": \"%s\", \"done\": %zu, \"failed\": %u, "
	       "\"seconds\": %.3f, \"median_ms\": %.2f, \"worst_ms\": %.2f}\n",
	       phases[phase].name, n, g->n_failed,
	       (double)(clock_ns() - began_ns) / (double)NS_PER_S,
	       (double)took[n / 2] / (double)NS_PER_MS,
	       (double)(n ? took[n - 1] : 0) / (double)NS_PER_MS);
	fflush(stdout);
	free(took);
}

static void run_phase(struct generator *g, enum phase phase)
{
	uint64_t began_ns = clock_ns();
	uint32_t next = 0;

	g->n_failed = 0;
	g->moved_ns = began_ns;
	while (next < g->n || g->n_busy) {
		for (; next < g->n && g->n_busy < AT_ONCE; next++)
			if (g->at[next].state == STATE_IDLE)
				begin(g, next, phase);
		turn(g, false);
		check_moves(g);
	}
	report(g, phase, began_ns);
}

static void run_phases(struct generator *g)
{
	for (enum phase phase = PHASE_UP; phase < PHASES; phase++) {
		run_phase(g, phase);
		while (phase != PHASE_DOWN && !turn(g, true))
			;
	}
}

/* What each does next; false: it is down, and begins no more. */
static bool go_on(struct generator *g, uint32_t i, bool again)
{
	const struct initiator *at = &g->at[i];

	if (at->state == STATE_BUSY)
		return true;
	if (at->phase == PHASE_UP)
		begin(g, i, PHASE_DOWN);
	else if (again)
		begin(g, i, PHASE_UP);
	else
		return false;
	return true;
}

static void run_again(struct generator *g, uint64_t ns)
{
	uint64_t began_ns = clock_ns();
	bool busy = true;

	for (uint32_t i = 0; i < g->n; i++)
		g->at[i].phase = PHASE_DOWN;
	g->moved_ns = began_ns;
	while (busy) {
		busy = false;
		for (uint32_t i = 0; i < g->n; i++)
			busy |= go_on(g, i, clock_ns() < began_ns + ns);
		if (busy)
			turn(g, false);
		must(!g->n_failed, "an initiator failed");
		check_moves(g);
	}
	printf("{\"handshakes\": %llu, \"seconds\": %.6f}\n",
	       (unsigned long long)g->n_done / 2, /* up, and down */
	       (double)(clock_ns() - began_ns) / (double)NS_PER_S);
}

/* --- start */

static struct addr address_after(const struct addr *a, uint64_t n)
{
	const uint64_t lo_be = htobe64(addr_halves(a).lo + n);
	struct addr after = *a;

	memcpy(after.octets + sizeof(lo_be), &lo_be, sizeof(lo_be));
	return after;
}

static void load_one(struct generator *g, uint32_t i)
{
	struct conn_conf c;
	struct prefix *ts;

	must(!conn_copy(&c, &g->config->conns[0]), "no memory");
	snprintf(c.name, sizeof(c.name), "%u", i);
	c.local_addrs[0].net.net = address_after(&g->first, i);
	ts = &c.children[0].local_ts[0].net;
	ts->net = address_after(&ts->net,
				(uint64_t)i << (128 - prefix_mapped_bits(ts)));
	c.children[0].policy = i; /* no data path gives it */
	must(!engine_load(shard_of(g, i)->engine, &c), "no memory");
	conn_fini(&c);
}

static void start_shard(struct generator *g, struct shard *s)
{
	const struct engine_calls calls = {
		.send = on_send,
		.sadb = on_sadb,
		.keystore = on_keystore,
		.ke = on_ke,
		.verify = on_verify,
		.event = on_event,
		.random = on_random,
		.source = on_source,
		.ctx = s,
	};

	s->generator = g;
	if (g->config->n_psks)
		s->answers.psk = g->config->psks[0];
	s->answers.keys = g->keys;
	s->engine = engine_new(&calls);
	must(s->engine, "no memory");
	engine_set_creds(s->engine, g->creds);
}

static void read_file(struct generator *g, const char *file)
{
	const struct conn_conf *c;
	struct error e;

	must(!conf_load(file, &g->config, &e), e.text);
	must(g->config->n_conns == 1 && g->config->n_psks <= 1,
	     "the file has not one connection and one secret");
	c = &g->config->conns[0];
	must(c->n_children == 1 && c->children[0].n_local_ts == 1 &&
		     prefix_mapped_bits(&c->children[0].local_ts[0].net) > 64,
	     "the connection has not one child with one local network");
	must(c->n_local_addrs == 1 && conn_addr_is_host(&c->local_addrs[0]),
	     "the connection has not one local address");
	g->first = c->local_addrs[0].net.net;
}

/* Those with a key are ours, and CAs are trusted. */
static void read_creds(struct generator *g)
{
	const struct cert_list *certs = &g->config->certs;
	struct error e;

	must(!key_loads_read(g->config, &g->keys, &e), e.text);
	must(!creds_new(&g->creds), "no memory");
	for (size_t i = 0; i < certs->n; i++) {
		const struct cert_conf *c = &certs->at[i];
		enum cred_kind kind = c->kind == CERT_CA ? CRED_CA : CRED_OWN;

		must(!creds_add(g->creds, kind, c->octets, &e), e.text);
	}
}

static void start(struct generator *g, const char *file, const char *n)
{
	struct error e;

	g->n = (uint32_t)strtoul(n, NULL, 10);
	must(g->n && g->n <= INITIATORS, "N is not 1 to 65536");
	read_file(g, file);
	read_creds(g);
	random_init(&g->random);
	must(!ike_udp_bind(g->fds, &e), e.text);
	g->n_shards = (g->n + PER_ENGINE - 1) / PER_ENGINE;
	g->at = calloc(g->n, sizeof(*g->at));
	g->shards = calloc(g->n_shards, sizeof(*g->shards));
	must(g->at && g->shards, "no memory");
	for (uint32_t i = 0; i < g->n_shards; i++)
		start_shard(g, &g->shards[i]);
	for (uint32_t i = 0; i < g->n; i++)
		load_one(g, i);
}

static void stop(struct generator *g)
{
	for (uint32_t i = 0; i < g->n_shards; i++)
		engine_free(g->shards[i].engine);
	creds_unref(g->creds);
	sign_keys_free(g->keys);
	config_free(g->config);
	free(g->shards);
	free(g->at);
}

int main(int argc, char **argv)
{
	static struct generator g;

	must(argc == 3 || (argc == 4 && atof(argv[3]) > 0),
	     "usage: ike_load FILE N [SECONDS]");
	start(&g, argv[1], argv[2]);
	if (argc == 3)
		run_phases(&g);
	else
		run_again(&g, (uint64_t)(atof(argv[3]) * (double)NS_PER_S));
	stop(&g);
	return 0;
}
