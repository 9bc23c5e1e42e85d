// SPDX-License-Identifier: BSD-2-Clause
/*
 * Initiators without end: each connection of a file is brought up with its
 * child, deleted, and brought up again, all of them at once. One engine on
 * real sockets, without a data path.
 *
 *     handshakes FILE SECONDS
 *
 * After so long none begins any more; when the last has been deleted, prints
 * how many there were, and in how many seconds. One that fails ends the program.
 */
#include <poll.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/conf/conf.h"
#include "ctrl/crypto/random.h"
#include "ctrl/daemon/ike_udp.h"
#include "tests/bench/bench.h"
#include "tests/support/ike_answers.h"

#define END_NS	(30 * NS_PER_S) /* for the last ones */
#define LOOK_NS NS_PER_S	/* whether that has passed */

/* Where a connection is. */
enum step {
	STEP_INITIATE, /* next */
	STEP_COMES_UP,
	STEP_TERMINATE, /* next */
	STEP_GOES_DOWN,
	STEP_REST,
};

struct generator {
	struct engine *engine;
	struct config *config;
	enum step *steps; /* of each connection; zero is the first */
	struct ike_answers answers;
	struct random_pool random;
	int fds[IKE_UDP_SOCKETS];
	uint64_t n; /* children that came up */
};

/* --- calls of the engine */

static void on_send(void *ctx, const struct ike_path *path, struct slice d)
{
	const struct generator *g = ctx;

	must(!ike_udp_send(g->fds, path, d), "a datagram was not sent");
}

static void on_sadb(void *ctx, const struct sadb_request *q)
{
	struct generator *g = ctx;

	ike_answers_sadb(&g->answers, q);
}

static void on_keystore(void *ctx, const struct keystore_request *q)
{
	struct generator *g = ctx;

	ike_answers_keystore(&g->answers, q);
}

static void on_ke(void *ctx, struct ke_job *job)
{
	struct generator *g = ctx;

	ike_answers_ke(&g->answers, job);
}

static void on_event(void *ctx, const struct ike_event *e)
{
	struct generator *g = ctx;
	size_t i = 0;

	must(e->kind != IKE_EV_FAILED, e->text);
	while (strcmp(g->config->conns[i].name, e->conn) != 0)
		i++;
	if (e->kind == IKE_EV_CHILD_UP) {
		g->n++;
		g->steps[i] = STEP_TERMINATE;
	} else if (e->kind == IKE_EV_IKE_DOWN) {
		must(g->steps[i] == STEP_GOES_DOWN, e->text);
		g->steps[i] = STEP_INITIATE;
	}
}

static bool on_random(void *ctx, void *out, size_t len)
{
	struct generator *g = ctx;

	return random_bytes(&g->random, out, len);
}

/* Connections name their local address. */
static bool on_source(void *ctx, const struct addr *remote, struct addr *local)
{
	(void)ctx;
	(void)remote;
	(void)local;
	return false;
}

/* --- the loop */

static void step(struct generator *g, size_t i, bool begin)
{
	const char *name = g->config->conns[i].name;

	if (g->steps[i] == STEP_INITIATE && !begin) {
		g->steps[i] = STEP_REST;
	} else if (g->steps[i] == STEP_INITIATE) {
		g->steps[i] = STEP_COMES_UP;
		must(!engine_initiate(g->engine, name, NULL, clock_ns()),
		     "cannot initiate");
	} else if (g->steps[i] == STEP_TERMINATE) {
		g->steps[i] = STEP_GOES_DOWN;
		engine_terminate(g->engine, name, NULL, clock_ns());
	}
	ike_answers_give(&g->answers, g->engine, clock_ns());
}

/* false: all are at rest. */
static bool step_all(struct generator *g, bool begin)
{
	bool busy = false;

	for (size_t i = 0; i < g->config->n_conns; i++) {
		step(g, i, begin);
		busy = busy || g->steps[i] != STEP_REST;
	}
	return busy;
}

static void receive(struct generator *g, int which)
{
	static uint8_t room[IKE_UDP_MAX];
	struct ike_path path;
	struct ike_datagram d;

	while (ike_udp_receive(g->fds, which, room, &path, &d)) {
		if (!d.len)
			continue;
		engine_input(g->engine, &path, d.octets, d.len, clock_ns());
		ike_answers_give(&g->answers, g->engine, clock_ns());
	}
}

static int wait_ms(const struct generator *g)
{
	uint64_t at = engine_deadline(g->engine), now = clock_ns();

	if (at > now + LOOK_NS)
		at = now + LOOK_NS;
	return at > now ? (int)((at - now) / NS_PER_MS) + 1 : 0;
}

static void run(struct generator *g, uint64_t until_ns)
{
	struct pollfd fds[IKE_UDP_SOCKETS];

	for (int which = 0; which < IKE_UDP_SOCKETS; which++)
		fds[which] = (struct pollfd){ .fd = g->fds[which],
					      .events = POLLIN };
	while (step_all(g, clock_ns() < until_ns)) {
		must(clock_ns() < until_ns + END_NS, "they do not end");
		poll(fds, IKE_UDP_SOCKETS, wait_ms(g));
		for (int which = 0; which < IKE_UDP_SOCKETS; which++)
			if (fds[which].revents)
				receive(g, which);
		engine_timeout(g->engine, clock_ns());
		ike_answers_give(&g->answers, g->engine, clock_ns());
	}
}

/* --- start */

static void load(struct generator *g, const char *file)
{
	struct error e;

	must(!conf_load(file, &g->config, &e), e.text);
	must(g->config->n_conns && g->config->n_psks == 1,
	     "the file has no connections, or not one secret");
	g->answers.psk = g->config->psks[0];
	g->steps = calloc(g->config->n_conns, sizeof(*g->steps));
	must(g->steps, "no memory");
	for (size_t i = 0; i < g->config->n_conns; i++) {
		struct conn_conf *c = &g->config->conns[i];

		must(c->n_children == 1, "not one child in each connection");
		c->children[0].policy = (uint32_t)i; /* no data path gives it */
		must(!engine_load(g->engine, c), "no memory");
	}
}

int main(int argc, char **argv)
{
	static struct generator g;
	const struct engine_calls calls = {
		.send = on_send,
		.sadb = on_sadb,
		.keystore = on_keystore,
		.ke = on_ke,
		.event = on_event,
		.random = on_random,
		.source = on_source,
		.ctx = &g,
	};
	uint64_t begin_ns;
	struct error e;

	must(argc == 3 && atof(argv[2]) > 0, "usage: handshakes FILE SECONDS");
	random_init(&g.random);
	must(!ike_udp_bind(g.fds, &e), e.text);
	g.engine = engine_new(&calls);
	must(g.engine, "no memory");
	load(&g, argv[1]);
	begin_ns = clock_ns();
	run(&g, begin_ns + (uint64_t)(atof(argv[2]) * (double)NS_PER_S));
	printf("%llu %.6f\n", (unsigned long long)g.n,
	       (double)(clock_ns() - begin_ns) / (double)NS_PER_S);
	engine_free(g.engine);
	config_free(g.config);
	free(g.steps);
	return 0;
}
