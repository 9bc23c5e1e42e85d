/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CHILD SAs within the exchanges that make them (RFC 7296 sections 1.2, 1.3,
 * 2.9 and 2.17). Shared by the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_CHILD_H
#define CYG_IKE_CHILD_H

#include <arpa/inet.h>
#include <stdio.h>

#include "ctrl/ike/sa.h"

/* conf is one of conn's, which the child holds. */
struct child_sa *child_new(struct conn *conn, const struct child_conf *conf);

/* Its selectors; without memory it has none. And the pairs of them, as the SAD has
 * them: see ts_to_selectors(). */
void child_keep_ts(struct child_sa *c, const struct ts_sides *ts);
struct ts_sides child_kept_ts(const struct child_sa *c);
int child_selectors(const struct child_sa *c,
		    struct sadb_selector out[SADB_SELECTORS_MAX]);

/* It is for a packet, which NULL and what is none leave out; and the other way
 * round, of a child that is not agreed yet. false: its policy takes selectors from
 * the packet, and of this there are none to be had. */
MUST_CHECK bool child_set_first(const struct ike_sa *sa, struct child_sa *c,
				const struct ts_first *first);
void child_first(const struct child_sa *c, struct ts_first *out);
void child_free(struct child_sa *c);
/* In the SAD, its inbound or its outbound SA. */
bool child_is_named(const struct child_sa *c, const struct sadb_id *id);
struct child_sa *child_by_spi_in(const struct ike_sa *sa, uint32_t spi);

/* Two IKE SAs between the same two, of one connection, reloaded or not. */
bool child_same_peer(const struct ike_sa *a, const struct ike_sa *b);

/* By its inbound SPI, to be changed, under this IKE SA or, in *owner, another
 * with the same peer; NULL: it is gone. */
struct child_sa *child_find(struct ike_sa *sa, uint32_t spi_in,
			    struct ike_sa **owner);

/* It is not to be, and nobody needs to hear of it. */
void child_drop(struct ike_sa *sa, struct exchange *x);

/* It can't be, for a reason of ours or in the peer's answer: an event says why,
 * and what is in the SAD goes. The peer does not have it. */
void child_fail(struct ike_sa *sa, struct exchange *x, uint16_t error,
		const char *text);

/*
 * The child that the peer speaks of by its own SPI. While IKE SAs are rekeyed the
 * two sides may see it under different ones: then it is moved here, from another
 * IKE SA with the same peer.
 */
struct child_sa *child_claim(struct ike_sa *sa, uint8_t protocol,
			     uint32_t spi_out);

/* --- payloads: SA, TSi, TSr */

void child_offer_put(struct ike_sa *sa, struct exchange *x,
		     struct ike_builder *m);
void child_answer_put(const struct exchange *x, struct ike_builder *m);

/* The child that accepts most of the peer's offer, its first selectors before
 * others; else the first child, to say why not; NULL: there is none. */
const struct child_conf *child_choose(const struct ike_sa *sa,
				      const struct ike_payloads *p,
				      bool with_ke);

/* The peer's offer, for x->child, new or NULL: that, or x->child_error and an
 * event that says why. */
void child_accept(struct ike_sa *sa, struct exchange *x,
		  const struct ike_payloads *p, bool with_ke);

/* `dynamic` stands for nothing where a virtual IP was to be given, and was not. */
bool child_has_selectors(const struct ike_sa *sa, const struct child_conf *conf);

/* The peer's virtual IPs are known: `dynamic` is no more than these. x->child, or
 * x->child_error and an event that says why. */
void child_settle(struct ike_sa *sa, struct exchange *x);

/* The peer's answer to ours: x->child, or none and an event; see child_undo(). */
void child_take_answer(struct ike_sa *sa, struct exchange *x,
		       const struct ike_payloads *p, bool with_ke);
void child_refused(struct ike_sa *sa, struct exchange *x,
		   const struct ike_notify *n);

/* --- the SAD, a question each: the answer resumes the exchange */

void child_getspi(struct ike_sa *sa, struct exchange *x);

/*
 * What the SAD has now; first of all with every answer. A process that ended may
 * have asked for the same: what it left in the place of ours is done with here.
 *
 * 0, or why not; -EINPROGRESS: asked again, another answer comes.
 */
int child_answered(struct ike_sa *sa, struct exchange *x,
		   const struct sadb_answer *a);

/* With the keys of this exchange; false: it can't be. */
bool child_add(struct ike_sa *sa, struct exchange *x, enum sadb_dir dir);
void child_bind(struct ike_sa *sa, struct exchange *x);

/* The policy's outbound SA is this child's from now on; nobody waits. */
void child_rebind(struct ike_sa *sa, struct child_sa *c);

/* What that one was for and has no outbound SA any more goes on with the newest that
 * is for some of it, rather one that the peer has for sure. */
void child_bind_best(struct ike_sa *sa, const struct child_sa *was);

/* Is one bound, that or another, that is for some of what that one is for? */
bool child_other_is_bound(const struct engine *e, const struct child_sa *c);

/* Its policy is bound to it, and to none any more that has nothing that it has not; or
 * not. */
void child_set_bound(struct ike_sa *sa, struct child_sa *c);
void child_clear_bound(struct child_sa *c);

/* It is in this IKE SA's list from now on, or in none. */
void child_listed(struct ike_sa *sa, struct child_sa *c);
void child_unlisted(struct child_sa *c);

/* Those of a policy, rather the newest first: the one behind after, at first NULL.
 * NULL: no more. */
struct child_sa *child_of_policy(const struct engine *e, uint32_t policy,
				 const struct child_sa *after);

/* Of all IKE SAs' lists, the one with that inbound SPI, and the next of the same, as
 * there may be one of each of our addresses; NULL: none. */
struct child_sa *child_of_spi(const struct engine *e, uint32_t spi_in,
			      struct child_sa *after);

/* by: the inbound SPI of what has replaced it; 0: nothing. */
void child_set_replaced(struct engine *e, struct child_sa *c, uint32_t by);

/* Its times begin, and an event tells, of the one too in whose place it comes, or
 * 0. */
void child_begin(struct ike_sa *sa, struct child_sa *c, uint32_t elder_spi_in,
		 bool confirmed);

/* Installed: it joins the list, and begins. One that the peer may not have yet is
 * bound if there is none that still serves. */
void child_installed(struct ike_sa *sa, struct exchange *x, bool confirmed);

/* The peer has it for sure; does nothing the second time. */
void child_confirm(struct ike_sa *sa, struct child_sa *c);

/* The peer deletes this one. If it is bound, the peer has another that takes its
 * place: it would be without. */
void child_give_up(struct ike_sa *sa, const struct child_sa *c);

/* The data path tells of an SA, EXPIRE or MAPPING: the pair is rekeyed, to where
 * the peer is now; one that has ended is deleted. */
void child_told(struct engine *e, const struct sadb_event *event);

/* To be deleted: our traffic is switched away, and the peer's still accepted. */
void child_retire(struct ike_sa *sa, struct child_sa *c);

/* The same; true: the exchange is resumed when nothing can come by it any more. */
bool child_drain(struct ike_sa *sa, struct exchange *x, struct child_sa *c);

/* The SAD no longer has all of it: it is rekeyed, as soon as its turn comes. */
void child_lose(struct ike_sa *sa, struct child_sa *c);

/* The SAD has lost all of them, and what exchanges have asked of it. */
void child_new_epoch(struct engine *e);

/* Out of the SAD and of its IKE SA's list, with an event if it was up. */
void child_remove(struct ike_sa *sa, struct child_sa *c, const char *why);

/* The same for one that is deleted alone: where another pair has taken its place,
 * what is still under way to it is accepted for some seconds more. */
void child_depart(struct ike_sa *sa, struct child_sa *c, const char *why);

/* The end of those whose seconds are over; when that is, or UINT64_MAX. */
void departures_end(struct engine *e, uint64_t now_ns);
uint64_t departures_deadline(const struct engine *e);

/* The SAD has none of them any more. */
void departures_forget(struct engine *e);

/* Ours, which the peer has agreed to and installed, can't be: an event says why,
 * and it joins the list of those that are to be deleted. */
void child_undo(struct ike_sa *sa, struct exchange *x, const char *text);

#endif
