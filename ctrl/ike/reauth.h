/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reauthentication (RFC 7296 section 2.8.3): a new IKE SA with new CHILD SAs in the
 * place of an old one, which is deleted before (break-before-make) or afterwards
 * (make-before-break, the option make_before_break). A responder that wants it says
 * when (RFC 4478). For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_REAUTH_H
#define CYG_IKE_REAUTH_H

#include "ctrl/ike/sa.h"

/* It is due: with a peer to which there is no way it does not begin, and the peer
 * has until the IKE SA ends. */
void reauth_start(struct ike_sa *sa);

/* Now, whatever is under way: another one is begun with all children, and this one
 * closed, of which the peer is told but not asked. */
void reauth_at_once(struct ike_sa *sa, const char *why);

/* The same by another gateway, to which the peer sends us; false: there is no way. */
bool reauth_elsewhere(struct ike_sa *sa, const struct gateway *gateway);

/* Whose place it takes; NULL: nobody's. */
struct ike_sa *reauth_elder(const struct ike_sa *sa);

/* The peer makes no child in the place of this one (NO_ADDITIONAL_SAS): if it is
 * about to end, a new IKE SA brings another. */
void reauth_instead(struct ike_sa *sa, uint32_t spi_in);

/* Is one that shall take its place there, or on its way? */
bool reauth_has_younger(const struct ike_sa *sa);

/* Its time is over, and neither rekeying nor this has come to anything: it goes, and
 * what is to be up by itself is made anew. */
void reauth_expire(struct ike_sa *sa);

/* Not later than then, and the IKE SA ends some time afterwards. 0: never. */
void reauth_by(struct ike_sa *sa, uint64_t at_ns);

/* As its connection says, counted from when the peer proved who it is: a ticket does not
 * put it off. */
void reauth_as_configured(struct ike_sa *sa);

/* It is over, and its children are still there: they are made anew, if it was to
 * be reauthenticated. */
void reauth_begin_anew(struct ike_sa *sa);

/* Of an engine that ended, which alone knew what was still to be made. */
void reauth_resume(struct ike_sa *sa);

/* Is it there, with all that its elder had, and is that still to be deleted? */
bool reauth_is_made(const struct ike_sa *sa);
void reauth_finish(struct ike_sa *sa);

/* It is there, or has become what it was to be: does the peer make another one in the
 * same place? */
void reauth_meet(struct ike_sa *sa);

/* An heir takes the place of an IKE SA, which was authenticated then. */
void reauth_inherit(struct ike_sa *heir, struct ike_sa *sa);

/* Ours for the initiator, into the IKE_AUTH response; and the peer's for us. */
void reauth_put_lifetime(struct ike_sa *sa, struct ike_builder *m);
void reauth_take_lifetime(struct ike_sa *sa, const struct ike_payloads *p);

#endif
