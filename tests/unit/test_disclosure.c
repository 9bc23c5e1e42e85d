// SPDX-License-Identifier: BSD-2-Clause
/*
 * Frames are used again and again, and nothing of what was in one before may
 * leave with the next packet: not as padding, not behind an ICMP error, not in
 * a fragment, not in front of what goes up to the host. So each packet is
 * carried twice, over memory that is full of one octet and then of another,
 * and what leaves has to be the same, to the last octet: even what is
 * encrypted, since random numbers are the same each time.
 *
 * What stands behind a packet in its frame, as Ethernet's padding, is such
 * memory too, and so is what a peer puts behind an inner packet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/dp/esp.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES	    64U
#define BEHIND	    24U /* octets behind a packet in its frame */
#define FILLER	    40U /* a peer's, behind an inner packet */
#define ALL_TO	    160U
#define LENGTH_STEP 37U
#define LENGTH_MAX  1600U

/* By how it comes and where it goes. */
enum path {
	OUT,	  /* from a host behind us to the peer */
	OUT_DF,	  /* likewise; what is too big is answered */
	OUT_HOST, /* this host's own; likewise, upwards */
	IN,	  /* from the peer to a host behind us */
	IN_HOST,  /* to this host */
	PATHS
};

struct way {
	struct gateway_spec suite;
	bool outer_v6, udp;
	uint32_t mtu;
};

/* The narrow ones carry no whole packet of 1280 octets. */
static const struct way ways[] = {
	{ { "aes128", "sha256", false, FRAMES }, false, false, 1500 },
	{ { "aes128", "sha256", false, FRAMES }, false, true, 600 },
	{ { "aes256gcm16", NULL, true, FRAMES }, true, false, 1280 },
	{ { "chacha20poly1305", NULL, false, FRAMES }, true, true, 1500 },
};

struct trace {
	size_t n;
	uint8_t octets[16384];
};

/* What was made at all: a test of nothing would pass. */
struct made {
	uint64_t sent, to_host, errors, fragments;
};

static void note(struct trace *t, const void *octets, uint32_t bytes)
{
	assert_true(t->n + sizeof(bytes) + bytes <= sizeof(t->octets));
	memcpy(t->octets + t->n, &bytes, sizeof(bytes));
	memcpy(t->octets + t->n + sizeof(bytes), octets, bytes);
	t->n += sizeof(bytes) + bytes;
}

static void note_port(struct trace *t, const struct port_mem *port)
{
	for (uint32_t i = 0; i < port->tx_n; i++) {
		uint32_t bytes;
		const uint8_t *frame = port_mem_sent(port, i, &bytes);

		note(t, frame, bytes);
	}
}

/* With all that stands before the packet. */
static void note_host(struct trace *t, int host_fd)
{
	uint8_t frame[2 * FRAME_BYTES];
	ssize_t got;

	while ((got = read(host_fd, frame, sizeof(frame))) > 0)
		note(t, frame, (uint32_t)got);
}

static void know(struct gateway *g, const struct way *way, enum path path)
{
	const bool up = path == OUT_HOST || path == IN_HOST;
	const enum nexthop_kind kind = up ? NH_HOST : NH_PORT;
	const struct addr inner[] = {
		gateway_inner().saddr,
		gateway_inner().daddr,
		gateway_inner_v6().saddr,
		gateway_inner_v6().daddr,
	};
	struct nexthop nh =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);

	nh.mtu = way->mtu;
	gateway_know(g, &nh);
	for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
		nh = gateway_hop(g, inner[i], kind, GATEWAY_INSIDE);
		nh.saddr = inner[i];
		gateway_know(g, &nh);
	}
}

/* The outer packet, with filler behind the inner one. */
static uint32_t seal(struct gateway *g, const struct ip_header *inner,
		     uint8_t old, uint8_t *l3)
{
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES];
	uint32_t n = inner->total_bytes;

	gateway_packet(packet, inner);
	memset(packet + n, old, FILLER);
	n = gateway_text(g, packet, n + FILLER, text);
	return gateway_seal(g, text, n, l3);
}

static void give(struct gateway *g, enum path path,
		 const struct ip_header *inner, uint8_t old)
{
	const struct host_tag tag = gateway_tag();
	uint8_t l3[FRAME_BYTES];
	uint32_t n = inner->total_bytes;

	if (path == IN || path == IN_HOST)
		n = seal(g, inner, old, l3);
	else
		gateway_packet(l3, inner);
	memset(l3 + n, old, BEHIND);
	memset(g->w.umem.area, old, (size_t)FRAMES * FRAME_BYTES);
	if (path == OUT_HOST)
		gateway_host_give(g, &tag, l3, n + BEHIND);
	else
		gateway_give(g, path == OUT || path == OUT_DF ? DIR_OUT : DIR_IN,
			     l3, n + BEHIND);
}

/* One packet, over memory that is full of an octet. */
static void carry(struct gateway *g, const struct way *way, enum path path,
		  const struct ip_header *inner, uint8_t old, struct trace *t)
{
	gateway_restart(g, 0);
	know(g, way, path);
	give(g, path, inner, old);
	worker_step(&g->w);
	t->n = 0;
	note_port(t, &g->inside);
	note_port(t, &g->outside);
	note_host(t, g->host_fd);
}

static void count(const struct gateway *g, struct made *made)
{
	made->sent += g->inside.tx_n + g->outside.tx_n;
	made->to_host += g->passes[PASS_WORKER_HOST].pkts;
	made->errors += g->passes[PASS_WORKER_ICMP].pkts;
	made->fragments += g->passes[PASS_WORKER_FRAGMENT].pkts;
}

static void carry_twice(struct gateway *g, const struct way *way, enum path path,
			const struct ip_header *inner, struct made *made)
{
	static struct trace one, other;

	carry(g, way, path, inner, 0x5a, &one);
	count(g, made);
	carry(g, way, path, inner, 0xa5, &other);
	assert_int_equal(one.n, other.n);
	assert_memory_equal(one.octets, other.octets, one.n);
}

/* Every length where headers and blocks end, and some of the others. */
static void carry_lengths(struct gateway *g, const struct way *way,
			  enum path path, struct ip_header inner,
			  struct made *made)
{
	uint32_t n = ip_least_bytes(inner.version);

	if (path == OUT)
		inner.fragment = 0;
	while (n <= LENGTH_MAX) {
		inner.total_bytes = n;
		carry_twice(g, way, path, &inner, made);
		n += n < ALL_TO ? 1 : LENGTH_STEP;
	}
}

static void carry_by(const struct way *way, struct made *made)
{
	struct gateway *g = gateway_new(&way->suite);

	if (way->outer_v6)
		gateway_outer_v6(g);
	if (way->udp)
		gateway_encapsulate(g);
	/* gateway_seal() knows bare ESP alone. */
	for (enum path path = OUT; path < (way->udp ? IN : PATHS); path++) {
		carry_lengths(g, way, path, gateway_inner(), made);
		carry_lengths(g, way, path, gateway_inner_v6(), made);
	}
	gateway_free(g);
}

static void what_leaves_has_nothing_of_what_was_in_memory(void **state)
{
	struct made made = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		carry_by(&ways[i], &made);
	assert_true(made.sent > 1000);
	assert_true(made.to_host > 500);
	assert_true(made.errors > 100);
	assert_true(made.fragments > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_leaves_has_nothing_of_what_was_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
