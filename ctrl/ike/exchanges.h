/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exchanges of IKEv2, to whoever runs them. One is one file x_NAME.c with both
 * roles: NAME_start() for ours, NAME_request() and NAME_response() for what arrives,
 * NAME_resume() and the like for answers to questions. Those that an option of either
 * side brings have headers of their own. Engine's thread.
 */
#ifndef CYG_IKE_EXCHANGES_H
#define CYG_IKE_EXCHANGES_H

#include "ctrl/ike/sa.h"

/* Or resumption, where there is a ticket. */
bool init_start(struct ike_sa *sa);
void init_send(struct ike_sa *sa); /* once more, with what is there */
void init_request(struct engine *e, const struct ike_path *path,
		  const struct ike_header *h, const struct ike_payloads *p,
		  struct slice message);
void init_response(struct ike_sa *sa, const struct ike_header *h,
		   const struct ike_payloads *p, struct slice message);
void init_resume(struct ike_sa *sa, struct exchange *x,
		 const struct ke_job *job);

/* Anew, with another gateway. */
void init_elsewhere(struct ike_sa *sa, const struct ike_path *path);

/* What IKE_SESSION_RESUME has in common with it: the cookie that is asked for; and
 * what each side says of itself besides. */
void init_with_cookie(struct ike_sa *sa, struct slice data);
void init_put_extras(struct ike_sa *sa, struct ike_builder *m);
void init_take_extras(struct ike_sa *sa, const struct ike_header *h,
		      const struct ike_payloads *p);

void auth_start(struct ike_sa *sa);
void auth_request(struct ike_sa *sa, const struct ike_payloads *p);
void auth_response(struct ike_sa *sa, const struct ike_payloads *p);
/* INFORMATIONAL between two rounds. */
void auth_given_up(struct ike_sa *sa, const struct ike_payloads *p);
void auth_keystore(struct ike_sa *sa, struct exchange *x,
		   const struct keystore_answer *a);
void auth_verified(struct ike_sa *sa, struct exchange *x,
		   const struct verify_job *job);
void auth_sadb(struct ike_sa *sa, struct exchange *x,
	       const struct sadb_answer *a);
/* The data path has lost what was asked of it; likewise for CREATE_CHILD_SA. */
void auth_new_epoch(struct ike_sa *sa, struct exchange *x);

/* CREATE_CHILD_SA; which of the two a request is, its payloads tell. */
void create_request(struct ike_sa *sa, const struct ike_payloads *p);
void child_x_start(struct ike_sa *sa, struct child_sa *old);

/* A new one, perhaps for a packet. */
void child_x_begin(struct ike_sa *sa, struct conn *conn,
		   const struct child_conf *conf, const struct ts_first *first);
void child_x_response(struct ike_sa *sa, const struct ike_payloads *p);
void child_x_ke(struct ike_sa *sa, struct exchange *x, const struct ke_job *job);
void child_x_sadb(struct ike_sa *sa, struct exchange *x,
		  const struct sadb_answer *a);
void child_x_new_epoch(struct ike_sa *sa, struct exchange *x);
/* What is so here, for collide.h; of ours that is made, rival: the lower nonce of
 * the peer's rekeying of the same, NULL: none. */
unsigned int collide_facts(const struct ike_sa *sa);
unsigned int rekey_facts(const struct exchange *x, const struct nonce *rival);

/* Ours can't be, for this reason; has the peer none of it for sure? */
void child_x_followup_failed(struct ike_sa *sa, struct exchange *x,
			     bool peer_has_none, const char *why);
void rekey_followup_failed(struct ike_sa *sa, struct exchange *x);

/* The peer's is given up: ours may have given way to it, and is tried again. */
void child_x_peers_failed(struct ike_sa *sa, const struct exchange *x);
void rekey_peers_failed(struct ike_sa *sa);
void rekey_start(struct ike_sa *sa);
/* What an heir has of the one whose place it shall take. */
void rekey_heir(struct ike_sa *heir, const struct ike_sa *sa);
void rekey_request(struct ike_sa *sa, const struct ike_payloads *p);
void rekey_response(struct ike_sa *sa, const struct ike_payloads *p);
/* The SA ends while ours is under way: the peer's heir, if there is one, has
 * the children. */
void rekey_concede(struct ike_sa *sa);

/* The peer deletes what its rekeying replaced: it has the heir. */
void rekey_confirm(struct ike_sa *sa);
void rekey_ke(struct ike_sa *sa, struct exchange *x, const struct ke_job *job);

void info_delete_ike(struct ike_sa *sa);

/* The peer is told if that can be done now, and its answer is not waited for. */
void info_delete_at_once(struct ike_sa *sa, const char *why);
void info_delete_child(struct ike_sa *sa, struct child_sa *c);
void info_liveness(struct ike_sa *sa);
void info_notify(struct ike_sa *sa, const struct ike_notify *n);
void info_ticket(struct ike_sa *sa); /* another one is asked for */
void info_request(struct ike_sa *sa, const struct ike_payloads *p);
void info_response(struct ike_sa *sa, const struct ike_payloads *p);
void info_sadb(struct ike_sa *sa);

/* We refuse a peer that may take the IKE SA for established: it is told. notify 0:
 * without a reason. */
void info_give_up(struct ike_sa *sa, uint16_t notify, const char *why);

#endif
