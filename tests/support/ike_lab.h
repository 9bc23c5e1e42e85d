/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two engines that talk to each other over a network which does what a script
 * says, in a time that only the test moves. Each side has a SAD that remembers
 * what was asked of it, a keystore with one key, and a log of events. Answers to
 * questions come after a delay of their own, hence in any order.
 *
 *     side 0, 192.0.2.1, LAN 10.1.0.0/24 ---- side 1, 192.0.2.2, LAN 10.2.0.0/24
 *
 * Streams lose nothing, until the script breaks them.
 *
 * An engine can be killed at any moment; another one takes over from the records
 * that were kept until then (ike_keep.h). Every datagram that is sent is looked at
 * (ike_watch.h).
 *
 * The same seed gives the same run. What fails in the building ends the program,
 * and so does a DELETE or an UPDATE of an SA that is not in the SAD.
 */
#ifndef CYG_TESTS_IKE_LAB_H
#define CYG_TESTS_IKE_LAB_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/ike/engine.h"
#include "tests/support/ike_watch.h"

#define LAB_KEYS_MAX	 512
#define LAB_SAS_MAX	 64
#define LAB_KES_MAX	 16
#define LAB_EVENTS_MAX	 64
#define LAB_QUEUE_MAX	 256
#define LAB_S		 1000000000ULL
#define LAB_TEXT_MAX	 2048
#define LAB_DATAGRAM_MAX 16384
#define LAB_CONNS_MAX	 4
#define LAB_RECORDS_MAX	 128
#define LAB_POOLS_MAX	 2
#define LAB_STREAMS_MAX	 32

/* What the network does with one datagram. */
struct lab_fate {
	unsigned int copies;  /* 0: lost */
	uint64_t delay_ns[4]; /* of each copy */
};

struct lab_sa {
	bool used;
	bool larval;
	bool bound;
	bool seen;	 /* its first packet was told of */
	bool orphan;	 /* of an engine that was killed, not claimed yet */
	bool doomed;	 /* and swept */
	uint64_t end_ns; /* larval, of an engine that was killed; else 0 */
	struct sadb_id id;
	struct sadb_sa sa;
	struct addr daddr; /* where it goes to: its name's, until it is moved */
};

struct lab_event {
	enum ike_event_kind kind;
	uint32_t ike_id;
	char text[LAB_TEXT_MAX];
	uint32_t spi_in, spi_out;
	uint32_t elder_id, elder_spi_in;
	bool succeeded;
	struct ike_path path;
};

struct lab_side {
	struct ike_lab *lab;
	unsigned int index;
	struct engine *engine;
	struct addr addr;
	struct secret psk;
	struct psk_conf ppk; /* a second key of its keystore, without name */
	struct tickets *tickets; /* outlive the engine */
	struct creds *creds;	 /* owned, likewise; see ike_certs.h */
	const char *keys_of[4];	 /* certificates of which it has the key */
	struct lab_sa sas[LAB_SAS_MAX];
	struct lab_event events[LAB_EVENTS_MAX];
	unsigned int n_events;
	unsigned int alerts[IKE_ALERT_N]; /* which are none of the events */
	struct ike_counts counts;	  /* of connections */
	struct ike_counts nobodys;	  /* and of none */
	uint32_t next_spi;
	uint8_t workers; /* of its data path, as GETSPI's answers say */
	uint64_t keys[LAB_KEYS_MAX]; /* hashes of those that encrypt or did */
	unsigned int n_keys;
	unsigned int n_refused_keys; /* ADDs with one of them */
	unsigned int sent;	     /* datagrams; the last one: */
	struct ike_path sent_by;
	uint8_t last[LAB_DATAGRAM_MAX];
	size_t last_len;
	struct keystore_request asked; /* the last question, and the last ... */
	struct keystore_request mixed; /* ... to mix a PPK into keys */
	/* Secrets of its last key exchanges. */
	struct {
		uint8_t octets[KE_PUBLIC_MAX_BYTES];
		size_t len;
	} shared[LAB_KES_MAX];
	unsigned int n_shared; /* so far */
	bool no_route;	       /* it has no way to anybody */
	struct addr also;      /* its own, too, though no way begins there */
	uint64_t idle_s[2];    /* since its SAs were used; by enum sadb_dir */
	unsigned int n_asked_names; /* for addresses of its peer's */
	unsigned int n_asked_gateways;
	char gateway[CONN_HOST_MAX]; /* the last one that was asked for */
	bool asked_urgently;	     /* the last one */
	unsigned int n_leases;	     /* that were told of; the last one: */
	struct pool_lease lease;

	/* The SAD refuses the next question like this one. */
	bool refuses;
	enum sadb_verb refused_verb;
	enum sadb_dir refused_dir;

	/* See ike_keep.h. engine: NULL while nobody has taken over. */
	struct conn_conf loaded[LAB_CONNS_MAX];
	unsigned int n_loaded;
	struct pool_conf pools[LAB_POOLS_MAX];
	unsigned int n_pools;
	uint16_t generation;
	bool muted; /* nobody hears what it says */
	struct ike_record *kept[LAB_RECORDS_MAX];
	unsigned int n_kept;
	struct ike_record *group[LAB_RECORDS_MAX]; /* not all there yet */
	unsigned int n_group;
	uint64_t record_at_ns;		  /* when the last one comes */
	struct sadb_id gone[LAB_SAS_MAX]; /* refused CLAIMs: it may DELETE */
	unsigned int n_gone;
	bool keeper_sleeps; /* it keeps, and does not say so */
};

/* A TCP connection; each side has a number of its own for it. */
struct lab_stream {
	bool is_open;
	uint32_t id[2];
	struct ike_path path[2]; /* as each side sees it */
};

struct lab_item; /* a datagram or an answer that is under way */

struct ike_lab {
	struct lab_side side[2];
	uint64_t now_ns;
	uint64_t seed;
	struct ike_options options; /* see lab_set_options() */
	unsigned int datagrams;	    /* so far, of both sides */
	uint64_t answer_max_ns;	    /* answers take up to so long */
	bool nat;		    /* side 1 sees side 0 as nat_addr:4321 */
	struct addr nat_addr;	    /* 192.0.2.9 until the NAT moves */
	uint64_t refused_of_100;    /* answers of the SAD, by chance */
	unsigned int questions;	    /* so far, of both sides, to whomever */
	unsigned int refused;	  /* the one that is refused, from 1; 0: none */
	uint64_t orphan_ns;	  /* SWEEP waits so long */
	bool last_words_are_lost; /* records that were under way at a kill */
	bool watches_pairs;	  /* count the steps after which ... */
	unsigned int gaps;	  /* ... a side had no way to the other */
	struct ike_watch watch;

	/* NULL, or looks at every datagram that a side sends; false: it does not
	 * come to the other side. */
	bool (*sent)(struct ike_lab *lab, unsigned int side,
		     const struct ike_path *path, struct slice datagram);
	void *owner; /* for who looks */

	/* NULL: there are no private keys; or signs, see ike_certs.h. */
	void (*sign)(struct lab_side *s, const struct keystore_request *q,
		     struct keystore_answer *a);
	int64_t clock_s; /* the time of the day by which certificates are */
	unsigned int verified; /* so far, of both sides */
	/* NULL: nobody hears what is wanted; or the test answers, see lab_fetched(). */
	void (*want)(struct lab_side *s, const struct status_want *w);
	bool udp_is_blocked;
	bool tcp_is_refused;
	bool tcp_is_slow; /* nothing becomes of what is opened */
	struct lab_stream streams[LAB_STREAMS_MAX];
	unsigned int n_streams;	       /* so far */
	unsigned int n_opened;	       /* attempts */
	unsigned int n_kept, n_closed; /* as engines said */

	/* NULL, or is told as engine_trace() has it. */
	void (*traced)(struct ike_lab *lab, unsigned int side,
		       const struct ike_traced *t);

	/* NULL: 1 ms each. Of the n-th datagram, from 0. */
	struct lab_fate (*fate)(struct ike_lab *lab, unsigned int n);
	unsigned int lost; /* for a script: the one that it loses, … */

	struct lab_item *queue[LAB_QUEUE_MAX];
	unsigned int n_queue;
};

struct ike_lab *lab_new(uint64_t seed);
void lab_free(struct ike_lab *lab);

/* For both engines, and those that take over from them. */
void lab_set_options(struct ike_lab *lab, const struct ike_options *options);

/* No more than so many octets of an IP packet in one datagram of IKE. */
void lab_set_fragment_size(struct ike_lab *lab, uint32_t bytes);

/* The connection "peer" with the child "net" of one side; to be changed and
 * loaded. Its children are the caller's to free (conn_fini). */
struct conn_conf lab_conn(const struct ike_lab *lab, unsigned int side,
			  const char *ike, const char *esp);
void lab_load(struct ike_lab *lab, unsigned int side, struct conn_conf *conn);

/* A pool of virtual IPs, of a prefix or a range, new or in place of one. */
void lab_load_pool(struct ike_lab *lab, unsigned int side, const char *name,
		   const char *addrs);

/* Another child of it, "more", between networks of its own. */
void lab_add_child(struct conn_conf *conn, unsigned int side);

/* Both sides with the same proposals. */
void lab_load_both(struct ike_lab *lab, const char *ike, const char *esp);

/* As engine_initiate(), but by an IKE SA of its own, as if the peer had not heard of
 * the others. */
int lab_initiate(struct engine *e, const char *conn, const char *child,
		 uint64_t now_ns);

/* The middle of the network breaks all streams; both sides hear of it, or one. */
void lab_break_streams(struct ike_lab *lab);
void lab_break_streams_of(struct ike_lab *lab, unsigned int side);

/* How many there are. */
unsigned int lab_streams(const struct ike_lab *lab);

/* It comes for that certificate then; empty octets: it is not to be had. */
void lab_fetched(struct lab_side *s, struct slice cert, enum status_kind kind,
		 struct slice octets, uint64_t after_ns);

/* Moves the time on; false: more happened than can be right. */
bool lab_run(struct ike_lab *lab, uint64_t ns);

/* The next thing that happens; false: nothing is to come. */
bool lab_step(struct ike_lab *lab);

/* A random number below n. */
uint64_t lab_roll(struct ike_lab *lab, uint64_t n);

unsigned int lab_count(const struct lab_side *s, enum ike_event_kind kind);

/* The last event of a kind; NULL: there was none. */
const struct lab_event *lab_last(const struct lab_side *s,
				 enum ike_event_kind kind);

/* The text of the last event of a kind; "" if there was none. */
const char *lab_text(const struct lab_side *s, enum ike_event_kind kind);

/* SAs that are armed or ready, and larval ones. */
unsigned int lab_sas(const struct lab_side *s, bool larval);

/*
 * Have both sides the same pairs of SAs, with the same keys and mirrored
 * selectors, and the outbound ones bound?
 */
bool lab_agree(const struct ike_lab *lab, unsigned int pairs);

#endif
