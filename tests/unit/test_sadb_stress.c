// SPDX-License-Identifier: BSD-2-Clause
/*
 * SAs come and go as fast as they can while packets flow: two gateways with one
 * worker thread each, or two, a thread that is the hosts, the wire and BPF, and
 * the control thread, which rekeys without a pause. Not a packet is lost, whoever
 * received it and whoever owns the SA by then, or where all workers use it, nor
 * where its peer moves meanwhile, or each half of the policy has an SA of its own.
 *
 * The ports are queues between threads, the grace period waits for what BPF
 * is just doing, and the wire is empty before the peer's old SA goes, as the
 * seconds between DELETE and its end are there for.
 */
#include <errno.h>
#include <net/ethernet.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/base/clock.h"
#include "include/ike.h"
#include "include/proto.h"
#include "tests/support/side.h"

#define REKEYS	     400U
#define PACKET_BYTES 100U
#define RING_ROOM    1024U
#define IN_FLIGHT    256U /* at most; no queue ever overflows */
#define BURST	     16U
#define FIRST_SPI    0x1000U
#define MOVES	     16U /* of each SA */
#define FIRST_PORT   1024U
#define WAIT_MS	     20000

struct ring_msg {
	struct dp_meta meta;
	uint32_t bytes;
	uint8_t frame[256];
};

/* A port whose far end is another thread. */
struct ring_port {
	struct port port;
	struct spsc in, out;
	uint64_t done[RING_ROOM]; /* transmitted frames */
	uint32_t n_done;
};

static struct ring_port *self(struct port *p)
{
	return (struct ring_port *)p; /* its first member */
}

static uint32_t ring_rx(struct port *p, struct port_desc *out, uint32_t n)
{
	struct ring_msg msg;
	uint64_t addr, count;
	uint32_t i;

	if (read(p->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		abort();
	for (i = 0; i < n && frame_get(p->umem, &addr); i++) {
		if (!spsc_pop(&self(p)->in, &msg)) {
			frame_put(p->umem, addr);
			break;
		}
		addr += 512;
		memcpy(umem_at(p->umem, addr), msg.frame, msg.bytes);
		memcpy(umem_at(p->umem, addr) - sizeof(msg.meta), &msg.meta,
		       sizeof(msg.meta));
		out[i] = (struct port_desc){ addr, msg.bytes, 0 };
	}
	return i;
}

static uint32_t ring_waiting(struct port *p)
{
	return atomic_load(&self(p)->in.head) - atomic_load(&self(p)->in.tail);
}

static uint32_t ring_tx(struct port *p, const struct port_desc *in, uint32_t n)
{
	struct ring_port *r = self(p);
	struct ring_msg msg = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		msg.bytes = in[i].bytes;
		memcpy(msg.frame, umem_at(p->umem, in[i].addr), in[i].bytes);
		if (r->n_done == RING_ROOM || !spsc_push(&r->out, &msg))
			return i;
		r->done[r->n_done++] = in[i].addr;
		p->in_kernel++;
	}
	return n;
}

static uint32_t ring_complete(struct port *p)
{
	struct ring_port *r = self(p);
	uint32_t n = r->n_done;

	while (r->n_done)
		frame_put(p->umem, r->done[--r->n_done]);
	p->in_kernel -= n;
	return n;
}

static void ring_fill(struct port *p, uint32_t n)
{
	(void)p;
	(void)n;
}

static void ring_nothing(struct port *p)
{
	(void)p;
}

static const struct port_ops ring_ops = {
	.rx = ring_rx,
	.waiting = ring_waiting,
	.tx = ring_tx,
	.complete = ring_complete,
	.fill = ring_fill,
	.kick = ring_nothing,
};

static void ring_init(struct ring_port *r, const struct port *like)
{
	r->port = *like;
	r->port.ops = &ring_ops;
	r->port.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_int_equal(spsc_init(&r->in, RING_ROOM, sizeof(struct ring_msg)),
			 0);
	assert_int_equal(spsc_init(&r->out, RING_ROOM, sizeof(struct ring_msg)),
			 0);
}

static void ring_fini(struct ring_port *r)
{
	close(r->port.fd);
	spsc_free(&r->in);
	spsc_free(&r->out);
}

static void ring_give(struct ring_port *r, const struct ring_msg *msg)
{
	const uint64_t one = 1;

	if (!spsc_push(&r->in, msg) || write(r->port.fd, &one, sizeof(one)) < 0)
		abort();
}

/* --- BPF, hosts and wire, on one thread --- */

struct kind {
	uint32_t workers; /* of each */
	uint32_t parts; /* of the policy, each with an SA of its own: 1 or 2 */
	bool spread;
	bool moves; /* the peer, all the time */
	bool pfp;   /* a part is what the policy takes from the packet */
};

static struct stress {
	struct side *a, *b;
	struct kind kind;
	/* One for each worker. */
	struct ring_port a_in[2], a_out[2], b_in[2], b_out[2];
	struct policy policy_a, policy_b;
	_Atomic uint64_t bpf; /* odd while BPF looks at maps and steers */
	_Atomic uint64_t sent, delivered, lost;
	_Atomic bool quiet; /* nothing new is sent */
	_Atomic bool stop;
} st;

/* What BPF was about when it began is over. */
static void grace(void *side)
{
	uint64_t now = atomic_load(&st.bpf);

	(void)side;
	while (now % 2 && atomic_load(&st.bpf) == now)
		sched_yield();
}

static void put_ether(struct ring_msg *msg)
{
	static const uint8_t ether[ETH_HEADER_BYTES] = { 2, 0, 0, 0, 0, 1, 2,
							 0, 0, 0, 0, 2, 8, 0 };

	memcpy(msg->frame, ether, sizeof(ether));
}

static void send_burst(void)
{
	struct ring_msg msg = { .bytes = ETH_HEADER_BYTES + PACKET_BYTES };

	put_ether(&msg);
	for (uint32_t i = 0; i < BURST; i++) {
		side_packet(msg.frame + ETH_HEADER_BYTES,
			    i / 2 % st.kind.parts ? "10.1.128.5" : "10.1.0.5",
			    "10.2.0.7", PACKET_BYTES);
		atomic_fetch_add(&st.bpf, 1);
		if (side_meta_out(st.a, msg.frame + ETH_HEADER_BYTES,
				  &msg.meta)) {
			atomic_fetch_add(&st.sent, 1);
			ring_give(&st.a_in[i % st.kind.workers], &msg);
		} else {
			atomic_fetch_add(&st.lost, 1);
		}
		atomic_fetch_add(&st.bpf, 1);
	}
}

/* What one worker sent arrives by both queues of the peer. */
static bool carry(uint32_t from)
{
	struct ring_msg msg;
	bool any = false;

	atomic_fetch_add(&st.bpf, 1);
	for (uint32_t i = 0; i < BURST && spsc_pop(&st.a_out[from].out, &msg);
	     i++) {
		any = true;
		if (side_meta_in(st.b, msg.frame + ETH_HEADER_BYTES, &msg.meta))
			ring_give(&st.b_out[i % st.kind.workers], &msg);
		else
			atomic_fetch_add(&st.lost, 1);
	}
	atomic_fetch_add(&st.bpf, 1);
	return any;
}

static bool deliver(uint32_t from)
{
	struct ring_msg msg;
	bool any = false;

	while (spsc_pop(&st.b_in[from].out, &msg)) {
		any = true;
		atomic_fetch_add(&st.delivered, 1);
	}
	return any;
}

static void *pump(void *ctx)
{
	(void)ctx;
	while (!atomic_load(&st.stop)) {
		uint64_t out =
			atomic_load(&st.sent) - atomic_load(&st.delivered);
		bool any = !atomic_load(&st.quiet) && out + BURST <= IN_FLIGHT;

		if (any)
			send_burst();
		for (uint32_t i = 0; i < st.kind.workers; i++) {
			any |= carry(i);
			any |= deliver(i);
		}
		if (!any)
			sched_yield();
	}
	return NULL;
}

static void *work(void *ctx)
{
	worker_run(ctx);
	return NULL;
}

/* --- the control thread --- */

static struct sadb_answer call(struct side *s, struct sadb_request *q)
{
	struct pollfd fd = { .fd = sadb_fd(s->sadb), .events = POLLIN };
	uint64_t token = side_ask(s, q);
	const struct sadb_answer *a;
	struct sadb_answer got;

	while (!(a = side_answer(s, token))) {
		if (poll(&fd, 1, WAIT_MS) <= 0)
			fail_msg("no answer");
		side_poll(s);
	}
	got = *a;
	s->n_answers = s->n_events = 0;
	return got;
}

static void must_call(struct side *s, struct sadb_request q, enum sadb_verb verb)
{
	if (verb != SADB_ADD)
		q = side_verb(&q, verb);
	assert_int_equal(call(s, &q).err, 0);
}

/* All, or every other one a half, by a's hosts; or one of these alone. */
static struct sadb_selector selector_of(enum sadb_dir dir, uint32_t n)
{
	const struct policy *p = dir == SADB_IN ? &st.policy_b : &st.policy_a;
	struct sadb_selector s = p->selector;
	struct addr *min = dir == SADB_IN ? &s.remote_min : &s.local_min;
	struct addr *max = dir == SADB_IN ? &s.remote_max : &s.local_max;

	if (st.kind.parts == 1)
		return s;
	if (n % 2)
		min->octets[14] |= 0x80;
	else
		max->octets[14] &= 0x7f;
	if (st.kind.pfp) {
		min->octets[15] = 5;
		*max = *min;
	}
	return s;
}

static struct sadb_request add_of(enum sadb_dir dir, uint32_t n)
{
	const struct policy *p = dir == SADB_IN ? &st.policy_b : &st.policy_a;
	struct sadb_selector s = selector_of(dir, n);
	struct sadb_request q = side_add(dir, false, FIRST_SPI + n, p->id, &s);

	q.sa.spread = st.kind.spread;
	if (st.kind.moves)
		q.sa.encap_sport = q.sa.encap_dport = IKE_NATT_PORT;
	return q;
}

static void arm(uint32_t n)
{
	must_call(st.b, add_of(SADB_IN, n), SADB_ADD);
	must_call(st.a, add_of(SADB_OUT, n), SADB_ADD);
	must_call(st.a, add_of(SADB_OUT, n), SADB_UPDATE);
}

static void move_about(void)
{
	const struct addr peer =
		side_add(SADB_OUT, false, FIRST_SPI, 0, &st.policy_a.selector)
			.id.daddr;
	uint64_t whole = atomic_load(&st.a->bindings[st.policy_a.id]);
	struct sa_ref ref;

	memcpy(&ref, &whole, sizeof(ref));
	for (uint16_t i = 0; st.kind.moves && i < MOVES; i++)
		assert_int_equal(sad_move(st.a->sad, ref, &peer, FIRST_PORT + i),
				 0);
}

static void await_ring(struct spsc *ring)
{
	uint32_t head = atomic_load(&ring->head);

	while ((int32_t)(head - atomic_load(&ring->tail)) > 0)
		sched_yield();
}

/* What a sent is judged by b's BPF. */
static void await_wire(void)
{
	uint64_t bpf;

	for (uint32_t i = 0; i < st.kind.workers; i++)
		await_ring(&st.a_out[i].out);
	bpf = atomic_load(&st.bpf);
	while (bpf % 2 && atomic_load(&st.bpf) == bpf)
		sched_yield();
}

static void disarm(uint32_t n)
{
	must_call(st.a, add_of(SADB_OUT, n), SADB_DELETE);
	await_wire();
	must_call(st.b, add_of(SADB_IN, n), SADB_DELETE);
}

static void await_delivery(void)
{
	atomic_store(&st.quiet, true);
	while (atomic_load(&st.delivered) + atomic_load(&st.lost) +
		       side_dropped(st.a) + side_dropped(st.b) <
	       atomic_load(&st.sent))
		sched_yield();
}

static struct worker *worker_of(struct side *s, uint32_t index)
{
	return index ? &s->second->w : &s->w;
}

static void ports_of(struct side *s, struct ring_port *in, struct ring_port *out)
{
	for (uint32_t i = 0; i < st.kind.workers; i++) {
		struct worker *w = worker_of(s, i);

		ring_init(&in[i], w->ports[0]);
		ring_init(&out[i], w->ports[1]);
		w->ports[0] = &in[i].port;
		w->ports[1] = &out[i].port;
	}
}

static void begin(const struct kind *kind)
{
	memset(&st, 0, sizeof(st));
	st.kind = *kind;
	st.a = kind->workers == 2 ? side_new_two(grace) : side_new(grace);
	st.b = kind->workers == 2 ? side_new_two(grace) : side_new(grace);
	st.policy_a = side_policy("10.1.0.0/16", "10.2.0.0/16");
	st.policy_b = side_policy("10.2.0.0/16", "10.1.0.0/16");
	st.policy_a.on_demand = kind->pfp;
	st.policy_a.pfp = kind->pfp ? PFP_LOCAL : 0;
	assert_int_equal(sadb_set_policies(st.a->sadb, &st.policy_a, 1), 0);
	assert_int_equal(sadb_set_policies(st.b->sadb, &st.policy_b, 1), 0);
	ports_of(st.a, st.a_in, st.a_out);
	ports_of(st.b, st.b_in, st.b_out);
}

static void end(void)
{
	side_free(st.a);
	side_free(st.b);
	for (uint32_t i = 0; i < st.kind.workers; i++) {
		ring_fini(&st.a_in[i]);
		ring_fini(&st.a_out[i]);
		ring_fini(&st.b_in[i]);
		ring_fini(&st.b_out[i]);
	}
}

static void stop_all(pthread_t *threads)
{
	for (uint32_t i = 0; i < 2 * st.kind.workers; i++) {
		worker_stop(worker_of(i % 2 ? st.b : st.a, i / 2));
		pthread_join(threads[i], NULL);
	}
}

/* However busy the machine is, more packets go than there are pairs of keys. */
static void await_traffic(uint32_t n)
{
	while (atomic_load(&st.sent) <= n)
		sched_yield();
}

static void run(uint32_t rekeys)
{
	pthread_t threads[4], pumping;
	uint64_t from_ns;

	for (uint32_t i = 0; i < 2 * st.kind.workers; i++)
		pthread_create(&threads[i], NULL, work,
			       worker_of(i % 2 ? st.b : st.a, i / 2));
	for (uint32_t n = 0; n < st.kind.parts; n++)
		arm(n);
	pthread_create(&pumping, NULL, pump, NULL);
	from_ns = clock_ns();
	for (uint32_t n = st.kind.parts; n <= rekeys; n++) {
		arm(n);
		move_about();
		await_traffic(n);
		disarm(n - st.kind.parts);
	}
	printf("# %llu rekeys/s, %llu packets meanwhile\n",
	       (unsigned long long)(rekeys * NS_PER_S /
				    (clock_ns() - from_ns + 1)),
	       (unsigned long long)atomic_load(&st.sent));
	await_delivery();
	atomic_store(&st.stop, true);
	pthread_join(pumping, NULL);
	stop_all(threads);
}

/* Packets that the first worker gave to the second. */
static uint32_t handed_over(const struct side *s)
{
	return s->second ? atomic_load(&s->w.to[1]->packets.head) : 0;
}

static void assert_no_loss(struct kind kind)
{
	begin(&kind);
	run(REKEYS);
	assert_int_equal(atomic_load(&st.lost), 0);
	assert_int_equal(side_dropped(st.a), 0);
	assert_int_equal(side_dropped(st.b), 0);
	assert_int_equal(atomic_load(&st.delivered), atomic_load(&st.sent));
	assert_true(atomic_load(&st.sent) > REKEYS);
	assert_int_equal(sad_count(st.a->sad), kind.parts);
	assert_int_equal(sad_count(st.b->sad), kind.parts);
	for (uint32_t i = 0; i < kind.workers; i++) {
		assert_true(worker_frames_balance(worker_of(st.a, i)));
		assert_true(worker_frames_balance(worker_of(st.b, i)));
		assert_false(worker_of(st.a, i)->has_asked);
	}
	assert_int_equal(handed_over(st.a) > 0,
			 kind.workers == 2 && !kind.spread);
	end();
}

static void rekeying_without_a_pause_loses_no_packet(void **state)
{
	(void)state;
	assert_no_loss((struct kind){ .workers = 1, .parts = 1 });
}

/* Every other SA is the other worker's: half of the packets are handed over, some
 * of them while the owner changes. */
static void rekeying_loses_no_packet_on_its_way_between_workers(void **state)
{
	(void)state;
	assert_no_loss((struct kind){ .workers = 2, .parts = 1 });
}

static void rekeying_loses_no_packet_of_sas_that_are_spread(void **state)
{
	(void)state;
	assert_no_loss((struct kind){ .workers = 2, .parts = 1, .spread = true });
}

static void following_a_peer_loses_no_packet_of_sas_that_are_spread(void **state)
{
	(void)state;
	assert_no_loss((struct kind){
		.workers = 2, .parts = 1, .spread = true, .moves = true });
}

static void rekeying_loses_no_packet_of_sas_beside_each_other(void **state)
{
	(void)state;
	assert_no_loss((struct kind){ .workers = 1, .parts = 2 });
}

/* Each half is another worker's, and each worker receives of both. */
static void rekeying_loses_no_packet_of_such_on_its_way_between_workers(
	void **state)
{
	(void)state;
	assert_no_loss((struct kind){ .workers = 2, .parts = 2 });
}

static void rekeying_loses_no_packet_of_sas_of_their_values(void **state)
{
	(void)state;
	assert_no_loss((struct kind){ .workers = 2, .parts = 2, .pfp = true });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rekeying_without_a_pause_loses_no_packet),
		cmocka_unit_test(
			rekeying_loses_no_packet_on_its_way_between_workers),
		cmocka_unit_test(rekeying_loses_no_packet_of_sas_that_are_spread),
		cmocka_unit_test(
			following_a_peer_loses_no_packet_of_sas_that_are_spread),
		cmocka_unit_test(
			rekeying_loses_no_packet_of_sas_beside_each_other),
		cmocka_unit_test(
			rekeying_loses_no_packet_of_such_on_its_way_between_workers),
		cmocka_unit_test(rekeying_loses_no_packet_of_sas_of_their_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
