/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seam's data path from inside, for the files sadb*.c. Control thread.
 */
#ifndef CYG_DP_SADB_STATE_H
#define CYG_DP_SADB_STATE_H

#include <sys/queue.h>

#include "ctrl/base/heap.h"
#include "ctrl/base/log.h"
#include "ctrl/crypto/random.h"
#include "ctrl/dp/sadb.h"
#include "ctrl/model/policy_set.h"

enum entry_state {
	ENTRY_LARVAL,	/* an SPI that was given out */
	ENTRY_LIVE,	/* inbound: armed. Outbound: ready, or bound */
	ENTRY_DRAINING, /* its map entry or binding is away */
};

#define USED_KEYS_MAX	  (1U << 17) /* of SAs that were, the last ones */
#define USED_KEYS_BUCKETS (1U << 17)
#define USED_KEYS_BLOCK	  1024U

/* A key that has encrypted; its tag is a MAC, so evenly spread. */
struct used_key {
	uint64_t tag;
	struct used_key *next;	  /* of its bucket, or of those that are free */
	struct used_key *younger; /* of those whose SA is gone */
};

/* They outlive their SAs: one by one they would lie between these, and keep their
 * pages here. */
struct used_keys_block {
	struct used_keys_block *next;
	struct used_key at[USED_KEYS_BLOCK];
};

struct used_keys {
	uint8_t secret[32];		/* of the tags */
	struct used_keys_block *blocks; /* owned, with all keys */
	struct used_key *spare;
	struct used_key *bucket[USED_KEYS_BUCKETS];
	struct used_key *oldest, **youngest; /* whose SA is gone */
	uint32_t n_gone;
};

/* A policy whose SA an entry is. */
struct entry_policy {
	struct entry *beside; /* while it is bound: what was bound before */
	uint32_t id;
};

/* What few outbound SAs have: a NAT before their peer, or a peer that moved. */
struct entry_nat {
	struct entry *of;
	uint64_t kept_ns;     /* when what keeps a NAT's mapping alive was last
				 sent, or the SA made; 0: nothing is */
	struct heap_node due; /* when to look whether it is to be sent */
	bool moved;	      /* it stands in that list */
	LIST_ENTRY(entry_nat) of_moved;
};

/* There may be very many: mind the holes. */
struct entry {
	enum entry_state state;
	struct sadb_id id;
	uint8_t protocol; /* enum ike_protocol */
	bool of_cpus;	  /* outbound: see sadb_sa, as cpu */
	uint8_t cpu;
	bool orphan;	      /* who made it has ended */
	bool has_encrypted;   /* outbound: it was bound */
	struct sa_ref ref;    /* LIVE, DRAINING */
	uint32_t n_selectors; /* 0: the policies' own */
	uint32_t n_policies;
	struct entry_policy *policies; /* whose it is; owned */
	uint32_t n_bound; /* outbound: policies that it is bound to, and keys
			     within one */
	uint32_t n_within;
	/* Outbound, of policies that have an SA for each value: whose packets it was
	 * bound to. Another one may have taken its place at some. */
	struct within_key *within; /* owned */
	uint32_t counts_for; /* outbound: that policy's, among those that may be
				within one; SPD_MAX: none's */
	struct used_key *key; /* outbound, of ike's; owned until it is retired */
	uint64_t deadline_ns;  /* LARVAL; LIVE: an orphan's, 0: none */
	uint64_t expire_ns;    /* LIVE: hard; 0: never */
	struct entry_nat *nat; /* owned; NULL: nothing of that */
	struct sadb_selector *selectors; /* owned */
	struct entry *next;		 /* of its bucket */
	struct entry *newer, **at;	 /* of all, and what points at it */
};

/* An answer that waits: for its turn, or for the barrier. */
struct job {
	struct job *next;
	uint64_t seq;	       /* the barrier's number; 0: none */
	struct entry *removed; /* goes when the barrier is reached */
	struct sadb_answer answer;
};

struct job_queue {
	struct job *first, **end;
};

struct sadb {
	struct sad *sad;
	struct policy_view *view;
	struct sadb_maps maps;
	struct barrier *barrier;
	struct sadb_calls calls;
	int fd; /* eventfd */
	bool allow_weak, allow_streams;
	struct tell *tells[WORKERS_MAX];
	uint32_t n_tells;
	struct random_pool random;

	struct policy *policies; /* in the SPD's order; owned */
	size_t n_policies;
	uint32_t place[SPD_MAX]; /* at the policy's id, from 1; 0: none */
	struct spd_image image;	 /* of them */
	/* At the policy's id. Of several, the newest, behind which the others
	 * follow. None, where its SAs are within it. */
	struct entry *bound[SPD_MAX];
	struct within *within; /* NULL: no policy takes selectors from packets */
	uint32_t n_within[SPD_MAX]; /* outbound SAs of such a policy */
	struct wanted {
		struct sadb_event acquire; /* the last one */
		uint64_t until_ns; /* it is asked again of another ike */
	} wanted[SPD_MAX];

	struct entry *entries; /* all of them, the newest first */
	uint32_t n_entries, max_entries;
	uint32_t n_larval, n_orphans;
	uint32_t n_slots;      /* of the map `sad_slots`: a power of two */
	struct entry **bucket; /* owned; of each slot */
	uint32_t *last_spi;    /* owned; of each slot, 0: it had none */
	uint32_t spi_step;
	uint64_t due_ns;	/* the first deadline, or one that was */
	uint64_t forget_due_ns; /* not before are late ones looked for again */

	LIST_HEAD(, entry_nat) peers_moved; /* which ICMP errors find */
	void (*moved)(void *ctx, const struct sadb_event *mapping);
	void *moved_ctx;
	uint64_t keepalive_ns; /* how often; 0: never */
	struct heap keep_due;  /* of entry_nat, with room for all */

	struct used_keys keys; /* of SAs that were */
	struct log_limit refused, crowded;
	struct job_queue ready;
	struct job_queue draining; /* by seq, upwards */
};

/* --- sadb_entry.c --- */

/* max: how many there may be. 0, -ENOMEM or -EIO; entries_fini() either way. */
int entries_init(struct sadb *s, uint32_t max);
void entries_fini(struct sadb *s);

struct entry *entry_find(const struct sadb *s, const struct sadb_id *id);

/* An inbound one, which has that SPI's slot; NULL: there is none. */
struct entry *entry_find_slot(const struct sadb *s, uint32_t spi);

/* NULL: as many as there may be, or no memory. */
struct entry *entry_new(struct sadb *s, const struct sadb_id *id);
void entry_free(struct sadb *s, struct entry *en);

/* Larval no more. */
void entry_live(struct sadb *s, struct entry *en);

/* --- sadb_spi.c --- */

/* 0, -ENOMEM or -EIO. */
int spis_init(struct sadb *s);

/* Fills in the SPI of what is addressed there. false: there is none, or no random
 * number. */
bool spi_choose(struct sadb *s, struct sadb_id *id);

/* --- sadb.c --- */

/*
 * Makes an SA, of a larval entry or a new one. On failure a larval one stays as
 * it was, for another try or DELETE.
 */
int entry_add(struct sadb *s, const struct sadb_id *id,
	      const struct sadb_sa *sa, const struct sadb_policies *policies,
	      const struct sadb_start *start, uint64_t now_ns, struct error *e);

/* May it be between these? 0, -EINVAL, or -EPERM: not by its policies. */
int entry_may_be_between(const struct sadb *s, const struct entry *en,
			 const struct addr *saddr, const struct addr *daddr);

/* MOVE, of what is ike's: as the answer says. */
int entry_move(struct sadb *s, const struct sadb_request *q, uint64_t now_ns);

/* Its map entry or binding goes, and with the barrier itself. */
int entry_remove(struct sadb *s, struct entry *en, struct job *job);

/* The SA ends, as an EXPIRE says. */
void entry_expire(struct sadb *s, struct entry *en, enum sadb_cause cause);

/* The key of the map `sad`: ESP, bare and in UDP. */
struct sad_key sad_key_of(const struct entry *en);

void sadb_tell_event(struct sadb *s, const struct sadb_event *e);

/* Is it of the configuration? */
bool entry_is_installed(const struct entry *en);

struct sadb_counters entry_counters(const struct sa_rt *sa, uint64_t now_ns);

/* --- sadb_bind.c --- */

/*
 * The policy's outbound SA from now on, before others: those that carry nothing which
 * it does not are bound no more. Of a policy that takes selectors from the packet, the
 * SA of the values that its own selectors have.
 *
 * 0 or an errno; after -ENOMEM nothing has changed.
 */
int policy_bind(struct sadb *s, uint32_t policy_id, struct entry *en);

/* It is the policy's no more; the newest of the others goes on. 0 or an errno. */
int policy_leave(struct sadb *s, uint32_t policy_id, struct entry *en);

/* None is the policy's any more; which ones were, for policy_restore(). SAs within
 * a policy are met no more as soon as its id means another one. */
struct entry *policy_clear(struct sadb *s, uint32_t policy_id);
void policy_restore(struct sadb *s, uint32_t policy_id, struct entry *were);

/* Has the newer one all packets that the other has? */
bool entry_supersedes(const struct entry *newer, const struct entry *other);

/* It is no policy's any more. */
void entry_unbind(struct sadb *s, struct entry *en);

/* Has such a policy an SA for that packet, or any other one an SA at all? */
bool policy_has_sa(const struct sadb *s, const struct policy *p,
		   const struct sadb_selector *packet);

/* Has a policy one for that packet of a worker's own, or none beside which that could
 * be? cpu: its number and 1. */
bool policy_has_own(const struct sadb *s, const struct policy *p,
		    const struct sadb_selector *packet, uint8_t cpu);

/* Has the policy one that goes to that peer? */
bool policy_goes_to(const struct sadb *s, const struct policy *p,
		    const struct addr *peer);

/* What workers have of SAs of one policy is theirs no more. */
void bindings_fini(struct sadb *s);

/* It sends dummies for as long as it is bound. */
void entry_note_dummies(struct sadb *s, const struct entry *en);

/* Workers and those who hold packets look again. */
void bindings_changed(struct sadb *s);

/* --- sadb_within.c --- */

/* Of a policy with an SA for each value: the SA of those that its selectors have.
 * 0, -EINVAL (they are no single values) or -ENOMEM. */
int within_bind(struct sadb *s, const struct policy *p, struct entry *en);
void within_leave(struct sadb *s, struct entry *en);

/* The list is another one, by whose policies packets come to it. */
void within_follow(struct sadb *s, struct entry *en);

/* May an SA of these selectors be of that policy? */
bool within_fits(const struct sadb *s, const struct policy *p,
		 const struct sadb_sa *sa);

/* Has one packet of that policy an SA; goes one of its SAs to that peer? */
bool within_has_sa(const struct sadb *s, const struct policy *p,
		   const struct sadb_selector *packet);
bool within_goes_to(const struct sadb *s, const struct policy *p,
		    const struct addr *peer);

/* Has the SA what that policy's packets are for, whichever connection's it is? */
bool within_is_shared(const struct sadb *s, const struct entry *en,
		      const struct policy *p);

/* It goes another way. */
void within_moved(struct sadb *s, const struct entry *en);

/* --- sadb_orphan.c --- */

/* 0 with what it has carried; -ENOENT: no orphan; -EPERM: it is of the
 * configuration. */
int entry_claim(struct sadb *s, const struct sadb_id *id,
		struct sadb_counters *counters, uint64_t now_ns);
void entries_sweep(struct sadb *s, uint64_t now_ns);

/* That one is bound: orphans that had no more than it has end. */
void entries_replaced(struct sadb *s, const struct entry *en, uint64_t now_ns);

/* It has a deadline, or a hard end, at that time. */
void entries_due(struct sadb *s, uint64_t at_ns);

/* Those whose time is over go; looks once a second at most. */
void entries_forget(struct sadb *s, uint64_t now_ns);

/* --- sadb_tell.c --- */

/* The SA of that life; what is gone meanwhile has none. */
struct entry *entry_of(const struct sadb *s, struct sa_ref ref);

/* What workers told becomes events. */
void sadb_hear(struct sadb *s, uint64_t now_ns);

/* --- sadb_natt.c --- */

/* It is made; if it asks for that, a NAT's mapping is kept alive for it. 0 or
 * -ENOMEM. */
int entry_keep_alive(struct sadb *s, struct entry *en, const struct sadb_sa *sa,
		     uint64_t now_ns);

/* Its end; of NULL, too. */
void entry_nat_free(struct sadb *s, struct entry_nat *nat);

/* The key of its row in BPF's maps: by where its packets go now. */
struct sad_key entry_key(const struct sadb *s, const struct entry *en);

/* An outbound one leaves its row. */
void entry_leave_row(struct sadb *s, const struct entry *en,
		     const struct sad_key *row);

/* Sends what is due. */
void entries_keep_alive(struct sadb *s, uint64_t now_ns);

/* --- sadb_add.c --- */

/*
 * Makes and arms the SA of a new or larval entry.
 *
 * policies   for which; selectors of sa that are outside of them are refused
 * start      NULL: it is a new one
 */
int sadb_add(struct sadb *s, struct entry *en, const struct sadb_sa *sa,
	     const struct sadb_policies *policies,
	     const struct sadb_start *start, uint64_t now_ns, struct error *e);

/* When that is over; UINT64_MAX: never, as with time 0. */
uint64_t sadb_limit_ns(uint64_t now_ns, uint32_t time_s);

/* A list of its own; the one before stays the caller's. NULL: none. 0 or
 * -ENOMEM. */
/* May an SA of that policy have it? */
bool policy_takes(const struct policy *p, const struct sadb_selector *s);

int entry_take_policies(struct entry *en, const struct sadb_policies *policies);

/* --- sadb_keys.c --- */

bool used_keys_init(struct used_keys *k);
void used_keys_fini(struct used_keys *k);

/* NULL: out of memory. The caller's, to be freed, until it is retired. */
struct used_key *used_key_new(struct used_keys *k, const struct sadb_sa *sa);
void used_key_free(struct used_keys *k, struct used_key *key); /* NULL is fine */
bool used_keys_has(const struct used_keys *k, uint64_t tag);

/* It encrypts from now on. */
void used_keys_add(struct used_keys *k, struct used_key *key);

/* Its SA is gone: it is remembered as one of the last. Once added. */
void used_keys_retire(struct used_keys *k, struct used_key *key);

/* --- sadb_spd.c --- */

struct rule_list {
	struct sa_rule *at; /* owned by the caller, free() */
	size_t n;
};

/* What an SA of its policies may carry, in the SPD's order. 0 or -ENOMEM. */
int rules_of(const struct sadb *s, const struct entry *en,
	     struct rule_list *out);

/* NULL: there is none of that id. */
const struct policy *policy_find(const struct sadb *s, uint32_t id);

/* The first of the same child's, and the one behind it; NULL: it is the last. */
const struct policy *policy_first(const struct policy *p);
const struct policy *policy_next(const struct sadb *s, const struct policy *p);

bool entry_serves(const struct entry *en, uint32_t policy_id);

/* --- sadb_ids.c --- */

/*
 * Gives each policy of a list its id: the one that it has in the list in force,
 * or that it names and that means nothing, or any that means nothing.
 *
 * list   id is read as what is wanted, and written
 * kept   ids of policies that are in both lists; empty before
 *
 * 0 or -ENOMEM.
 */
int ids_assign(const struct sadb *s, struct policy *list, size_t n,
	       struct policy_set *kept);

#endif
