/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A gateway in memory whose SAs come and go: one worker over ports of arrays,
 * a SAD that is empty, the seam (ctrl/dp/sadb.h), and arrays in place of BPF's
 * maps with the two questions that BPF asks of them. Two of them make a tunnel
 * between 192.0.2.1 and 192.0.2.2.
 *
 * The caller is worker, control thread and BPF in one; what fails in the
 * building ends the program. A side may have a second worker with ports of its
 * own; who wants it has threads for both.
 */
#ifndef CYG_TESTS_SIDE_H
#define CYG_TESTS_SIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/dp/handoff.h"
#include "ctrl/dp/port_mem.h"
#include "ctrl/dp/sadb.h"

#define SIDE_MAGIC   0x0ddba11dU
#define SIDE_FRAMES  1024U
#define SIDE_INSIDE  21U /* ifindex */
#define SIDE_OUTSIDE 22U
#define SIDE_LOG     2048U
#define SIDE_SAS     1024U

struct side_second {
	struct worker w;
	struct port_mem inside, outside;
	struct nexthop_link link;
	struct counter drops[DROP_MAX];
	struct counter passes[PASS_MAX];
};

struct side {
	struct worker w;
	struct port_mem inside, outside;
	struct nexthop_link link;
	struct policy_view view;
	struct counter drops[DROP_MAX];
	struct counter passes[PASS_MAX];
	const struct crypto_backend *backend;
	struct sad *sad;
	struct sadb *sadb;
	int host_fd;		    /* the far end of the host interface */
	struct side_second *second; /* owned; NULL: there is one worker */
	struct handoffs *handoffs;  /* owned; likewise */

	/* BPF's maps. */
	struct spd_image list;
	_Atomic uint64_t bindings[SPD_MAX];
	struct side_map {
		struct side_sa {
			struct sad_key key;
			_Atomic uint64_t ref; /* 0: empty */
		} at[SIDE_SAS];
		uint32_t next;
	} inbound, outbound;
	/* The last path MTU that was told, and how many were. */
	uint32_t path_mtu, path_mtus;
	uint32_t kept_alive; /* the SPI of the last one that was */
	uint32_t keepalives;
	int policies_err; /* what the map of policies says next */

	struct sadb_answer answers[SIDE_LOG];
	uint32_t n_answers;
	struct sadb_event events[SIDE_LOG];
	uint32_t n_events;
	uint64_t token;
	uint64_t now_ns; /* of the seam; the worker's clock is the real one */
};

/* grace: see sadb_maps; it gets the side. */
struct side *side_new(void (*grace)(void *side));
struct side *side_new_two(void (*grace)(void *side));
void side_free(struct side *s);

/* One policy: PROTECT, from the first network to the second, by any suite. */
struct policy side_policy(const char *local, const char *remote);

/* The process that asked ended, and so long after it another one is there. */
void side_another_ike(struct side *s, uint64_t ns);

/* Asks, with a token of its own; the answer comes with side_poll(). */
uint64_t side_ask(struct side *s, struct sadb_request *q);

/* Asks, and lets worker and seam run until the answer is there. */
struct sadb_answer side_call(struct side *s, struct sadb_request *q);

void side_poll(struct side *s);

/* NULL: not yet. */
const struct sadb_answer *side_answer(const struct side *s, uint64_t token);

/* How many events of that kind came so far; the last one to out. */
uint32_t side_events(const struct side *s, enum sadb_verb verb,
		     struct sadb_event *out);

/*
 * ADD of an SA with AES-GCM whose keys follow from the SPI, so that both sides
 * have the same, from 192.0.2.1 to 192.0.2.2 or back.
 */
struct sadb_request side_add(enum sadb_dir dir, bool back, uint32_t spi,
			     uint32_t policy,
			     const struct sadb_selector *selector);

/* UPDATE or DELETE of the SA that q adds. */
struct sadb_request side_verb(const struct sadb_request *q, enum sadb_verb verb);

/* What BPF would write before a packet; false: it would drop it. */
bool side_meta_out(const struct side *s, const uint8_t *l3,
		   struct dp_meta *meta);
bool side_meta_in(const struct side *s, const uint8_t *l3, struct dp_meta *meta);

/* A packet as if received, judged by the maps now; false: BPF drops it. */
bool side_out(struct side *s, const uint8_t *l3, uint32_t bytes);
bool side_in(struct side *s, const uint8_t *l3, uint32_t bytes);

/* The same of an ICMP error that a packet of this side's was too big. */
bool side_told(struct side *s, const uint8_t *l3, uint32_t bytes);

/* UDP between the two hosts behind, of so many octets; at l3. */
void side_packet(uint8_t *l3, const char *from, const char *to, uint32_t bytes);

/* What left by that port since the last call, to the other side's BPF or
 * nowhere (NULL); how many of them it took. */
uint32_t side_carry(struct side *from, struct side *to);

/* By both workers. */
uint64_t side_dropped(const struct side *s);

#endif
