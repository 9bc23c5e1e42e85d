/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MOBIKE (RFC 4555): an IKE SA and its CHILD SAs go on between other addresses. The
 * side that began the first IKE SA of them all decides, and says so; the other one
 * asks for a sign of life from there before its packets go there (section 3.7).
 * Engine's thread.
 */
#ifndef CYG_IKE_MOBIKE_H
#define CYG_IKE_MOBIKE_H

#include "ctrl/ike/sa.h"

#define MOBIKE_ADDRS_MAX 8U /* of the peer's that are remembered */

/* In IKE_AUTH: we have it, and our other addresses; the peer's. */
void mobike_put(struct ike_sa *sa, struct ike_builder *m);
void mobike_take(struct ike_sa *sa, const struct ike_payloads *p);

/* Our other ones, how many; the peer's, in place of those that it had before. */
unsigned int mobike_put_addrs(struct ike_sa *sa, struct ike_builder *m);
void mobike_take_addrs(struct ike_sa *sa, const struct ike_payloads *p);

/* May the connection have that one of ours? */
bool mobike_is_ours(const struct conn_conf *c, const struct addr *a);

/* By which this host would reach it; false: by none that may be used. */
bool mobike_way_to(const struct ike_sa *sa, const struct addr *remote,
		   struct ike_path *out);

/* CHILD SAs go where the IKE SA is; or what comes in by them alone. */
void mobike_move_children(struct ike_sa *sa, bool in_alone);

/* What another one in its place knows of the peer. */
void mobike_inherit(struct ike_sa *heir, const struct ike_sa *sa);

/* Is there something to be said? It is, as our own request. */
bool mobike_is_due(const struct ike_sa *sa);
void mobike_start(struct ike_sa *sa);

/* Of a peer that may be behind a NAT with us: a sign of life that shows if that has
 * given us another address (section 3.8). false: an ordinary one will do. */
bool mobike_liveness(struct ike_sa *sa);
void mobike_response(struct ike_sa *sa, const struct ike_payloads *p);

/* INFORMATIONAL of the peer's: what it says of addresses, and what the reply says. */
void mobike_request(struct ike_sa *sa, const struct ike_payloads *p);
void mobike_reply(struct ike_sa *sa, const struct ike_payloads *p,
		  struct ike_builder *m);

/* By which way our request is sent for the n-th time after the first. */
struct ike_path mobike_way(const struct ike_sa *sa, unsigned int tries);

/* Its response came that way: it goes on there, if that is another one. */
void mobike_heard(struct ike_sa *sa, const struct ike_path *path);

/* A child was made while the IKE SA moved. */
void mobike_child_made(struct ike_sa *sa, struct child_sa *c);

/* Its NAT gave the peer another address, as its packets show. */
void mobike_mapped(struct ike_sa *sa, const struct sadb_event *event);
void mobike_moved(struct engine *e, const struct sadb_answer *a);

/* Whoever took over does not know whether that was done. */
void mobike_move_again(struct ike_sa *sa);

#endif
