/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data path's side of the seam between IKE and the SAD (ctrl/model/sadb.h):
 * SAs come and go while packets flow, and the policy list changes.
 *
 *     question                    -> slot, BPF's maps, binding
 *     change that takes away      -> drain barrier (barrier.h) -> answer
 *     what workers tell (tell.h)  -> events
 *
 * Every answer comes later, out of sadb_poll(), never out of the question; what
 * takes a map entry or a binding away is answered when no packet comes by it
 * any more. Nothing here waits.
 *
 * Which packets an SA may carry is what its policies say and no more: ADD is
 * refused for selectors outside of its policy, and when the policy list changes
 * every SA's rules follow. A larval SA that is not added in time is forgotten.
 *
 * Control thread.
 */
#ifndef CYG_DP_SADB_H
#define CYG_DP_SADB_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/range.h"
#include "ctrl/dp/worker.h"
#include "ctrl/model/sadb.h"
#include "ctrl/sadb/classify.h"
#include "ctrl/sadb/policy.h"
#include "ctrl/sadb/sad.h"
#include "include/sad.h"
#include "include/spd.h"

struct sadb;

#define SADB_ORPHAN_S 30

/* Outbound SAs of one policy that takes selectors from the packet: whoever scans makes
 * no more. */
#define PFP_PER_POLICY 1024U

/* An address of a pool that a peer has, and the outbound SA to it. */
struct sadb_lease {
	struct addr vip;
	struct range local;	/* with what it talks */
	const struct sa_rt *sa; /* borrowed until the next change; NULL: nobody has
				   it any more */
};

/* What BPF reads: its maps, or a test's. 0 or a negative errno each. */
struct sadb_maps {
	int (*set_policies)(void *ctx, const struct spd_image *list);
	int (*bind)(void *ctx, uint32_t policy_id, struct sa_ref sa);
	int (*add_inbound)(void *ctx, const struct sad_key *key,
			   struct sa_ref sa);
	int (*del_inbound)(void *ctx, const struct sad_key *key);
	/* The key is where it goes to. NULL: no ICMP error is to be known. */
	int (*add_outbound)(void *ctx, const struct sad_key *key,
			    struct sa_ref sa);
	int (*del_outbound)(void *ctx, const struct sad_key *key);
	/* A path MTU that was told; NULL: nobody is to know. */
	void (*path_mtu)(void *ctx, const struct sa_rt *sa, uint32_t mtu);
	/* See barrier_spec; NULL: what packets are judged by is the caller's. */
	void (*grace)(void *ctx);
	/* Sends what keeps the mapping of a NAT before the outbound SA alive;
	 * NULL: nobody does. */
	void (*keep_alive)(void *ctx, const struct sa_rt *sa);
	/* An outbound SA of that policy goes another way; NULL: nobody is to know. */
	void (*moved)(void *ctx, uint32_t policy_id, const struct sa_rt *sa);
	/* Not for those of tunnel interfaces; NULL: nobody is to know. */
	void (*leased)(void *ctx, const struct sadb_lease *l);
	void *ctx;
};

/* To whoever asked: IKE. */
struct sadb_calls {
	void (*answer)(void *ctx, const struct sadb_answer *a);
	void (*event)(void *ctx, const struct sadb_event *e);
	void *ctx;
};

/* All borrowed until sadb_free(). */
struct sadb_spec {
	struct sad *sad;
	struct policy_view *view;
	const struct sadb_maps *maps;
	uint32_t max_sas; /* at once, larval ones included; at most SAD_MAX */
};

/* 0, or negative with e filled. */
int sadb_new(const struct sadb_spec *spec, struct sadb **out, struct error *e);

/* After the workers are removed. The SAs stay in their SAD. NULL is fine. */
void sadb_free(struct sadb *s);

/* May IKE add what esp_pair_weakness() says nobody should use? Not at first. */
void sadb_allow_weak(struct sadb *s, bool allow);

/* May it add SAs that are in TCP, and move SAs there? Not at first: who took ike over
 * could have ESP go to wherever a connection leads. */
void sadb_allow_streams(struct sadb *s, bool allow);

/* Before a worker runs, and after it ended. 0 or a negative errno. */
int sadb_add_worker(struct sadb *s, struct worker *w);
void sadb_remove_worker(struct sadb *s, struct worker *w);

/*
 * Who is answered, and told of events; calls is copied. Until then nobody is. An
 * ACQUIRE of the last minute that brought no SA is given during the call.
 */
void sadb_serve(struct sadb *s, const struct sadb_calls *calls, uint64_t now_ns);

/* Readable when sadb_poll() has something to do. */
int sadb_fd(const struct sadb *s);

/*
 * Gives answers and events, forgets larval SAs, and keeps the mappings of NATs alive:
 * also once a second.
 */
void sadb_poll(struct sadb *s, uint64_t now_ns);

/*
 * A question with token 0 gets no answer. q is
 * borrowed for the call, and its keys are wiped by whoever owns it.
 *
 * -ENOENT     no such SA, or no such policy
 * -EINVAL     SPI 0 to 255, keys or selectors of a wrong form, not IPv4
 * -EPERM      selectors, addresses, suite or mode outside of the policy, or not of
 *             single values where it takes them from the packet, or it is not
 *             PROTECT, or the policy or the SA is of the configuration
 *             (sadb_install())
 * -EEXIST     an SA of that name is there
 * -EKEYREVOKED  outbound: the key has encrypted under another SA
 * -ENOTSUP    an algorithm that is unknown, or that the backend lacks
 * -ENOSPC     more than max_sas SAs, or LARVAL_MAX that are larval, or
 *             PFP_PER_POLICY of one policy
 * -ENOMEM
 */
void sadb_request(struct sadb *s, const struct sadb_request *q, uint64_t now_ns);

/* Every SA that packets may come by, in no order; with the first of its policies. */
void sadb_each(const struct sadb *s,
	       void (*each)(void *ctx, const struct sadb_id *id, uint32_t policy,
			    bool orphan, const struct sa_rt *sa),
	       void *ctx);

/* Those of no tunnel interfaces: how many there are, in no order; room is for max of
 * them. One that has several SAs is there several times. */
size_t sadb_leases(const struct sadb *s, struct sadb_lease *out, size_t max);

/* Is the SA one of that policy's? One that is gone is not. */
bool sadb_serves(const struct sadb *s, struct sa_ref ref, uint32_t policy_id);

/*
 * The whole list, in its order. Policies that were there before keep their id;
 * what is new gets one. SAs of policies that are gone are drained and removed,
 * each with an EXPIRE that says hard, given during the call; but those of the
 * configuration serve one policy less.
 *
 * list   id is read as what is wanted, and written
 *
 * 0, or negative with nothing changed: as classify_compile(), or a map's errno.
 * Waits for a grace period of the kernel.
 */
int sadb_set_policies(struct sadb *s, struct policy *list, size_t n);

/* SAs of that policy's child that are added from now on are between these. */
void sadb_set_ends(struct sadb *s, uint32_t policy_id,
		   const struct policy_ends *ends);

/*
 * Who made the SAs has ended, and is answered no more: they are orphans, and go
 * on until they are claimed. What a successor does not claim ends SADB_ORPHAN_S
 * after it says SWEEP, or UPDATE for another SA of the same policy that takes all that
 * it does.
 */
void sadb_orphan(struct sadb *s);

/*
 * How often that which keeps a NAT's mapping alive is sent where nothing else is,
 * for SAs that ask for it (RFC 3948 section 4); 0: never, as before the first call.
 */
void sadb_set_keepalive(struct sadb *s, uint32_t every_s);

/* By their ids; borrowed. */
struct sadb_policies {
	const uint32_t *ids;
	uint32_t n;
};

/* Where an SA goes on; see sa_spec. */
struct sadb_start {
	uint64_t seq;
	struct seq_kept *kept;
};

/*
 * An SA of the configuration: ADD, of what its policies select. It serves none
 * until sadb_assign() says so, and ends when sadb_uninstall() does.
 *
 * 0, or negative with e filled: see sadb_request().
 */
int sadb_install(struct sadb *s, const struct sadb_id *id,
		 const struct sadb_sa *sa, const struct sadb_start *start,
		 uint64_t now_ns, struct error *e);

/*
 * The policies that it serves from now on; outbound it takes the place of
 * whichever SA they have. 0 or a negative errno.
 */
int sadb_assign(struct sadb *s, const struct sadb_id *id,
		const struct sadb_policies *policies);

/*
 * Who is told, with a MAPPING, that the peer of an inbound SA of the configuration is
 * elsewhere. By IKE's it is IKE.
 */
void sadb_watch(struct sadb *s,
		void (*moved)(void *ctx, const struct sadb_event *mapping),
		void *ctx);

/* An outbound SA of the configuration sends there from now on: see sad_move(). */
int sadb_move(struct sadb *s, const struct sadb_id *id,
	      const struct addr *daddr, uint16_t dport);

/* It drains, and is there until it has. 0 or -ENOMEM. */
int sadb_uninstall(struct sadb *s, const struct sadb_id *id);
bool sadb_is_there(const struct sadb *s, const struct sadb_id *id);

#endif
