// SPDX-License-Identifier: BSD-2-Clause
/*
 * INFORMATIONAL exchanges of MOBIKE (RFC 4555):
 *
 *     initiator                                 responder
 *     HDR, SK {N(UPDATE_SA_ADDRESSES),
 *              N(NAT_DETECTION_*_IP)}      -->
 *                                          <--  HDR, SK {N(NAT_DETECTION_*_IP)}
 *                                          <--  HDR, SK {N(COOKIE2)}
 *     HDR, SK {N(COOKIE2)}                 -->
 *
 * The initiator is who began the first IKE SA. Its IKE SA moves when it finds a better
 * way, or none by the old one; its CHILD SAs when the peer has agreed. The responder's
 * move when the cookie is back, but for what comes in, which is taken at once.
 */
#include "ctrl/ike/mobike.h"

#include <string.h>

#include "ctrl/ike/nat.h"
#include "ctrl/ike/reauth.h"

/* --- our requests */

bool mobike_is_due(const struct ike_sa *sa)
{
	return sa->tells_update || sa->tells_check || sa->tells_addrs;
}

static void put_nat(struct ike_sa *sa, struct ike_builder *m)
{
	nat_put(m, sa, sa->conn->conf.encap);
}

static void put_cookie(struct ike_builder *m, struct slice cookie)
{
	ike_notify_put(m, &(const struct ike_notify){ .type = IKE_N_COOKIE2,
						      .data = cookie });
}

static void put_all_addrs(struct ike_sa *sa, struct ike_builder *m)
{
	if (!mobike_put_addrs(sa, m))
		ike_notify_put(m,
			       &(const struct ike_notify){
				       .type = IKE_N_NO_ADDITIONAL_ADDRESSES });
}

static bool put_request(struct ike_sa *sa, struct ike_builder *m)
{
	struct exchange *x = &sa->ours;

	switch (x->mobike) {
	case MOBIKE_UPDATE:
		ike_notify_put(m, &(const struct ike_notify){
					  .type = IKE_N_UPDATE_SA_ADDRESSES });
		put_nat(sa, m);
		return true;
	case MOBIKE_CHECK:
		if (!sa->e->calls.random(sa->e->calls.ctx, x->cookie2,
					 sizeof(x->cookie2)))
			return false;
		put_cookie(m, slice_of(x->cookie2, sizeof(x->cookie2)));
		return true;
	case MOBIKE_ADDRS:
		put_all_addrs(sa, m);
		return true;
	case MOBIKE_ASK:
		put_nat(sa, m);
		return true;
	case MOBIKE_NONE:
		break;
	}
	return false;
}

static void begin(struct ike_sa *sa, enum mobike_kind kind)
{
	struct ike_builder m;

	sa->ours.kind = EX_MOBIKE;
	sa->ours.mobike = kind;
	message_begin(sa, &m, IKE_EXCH_INFORMATIONAL, false, sa->next_ours);
	if (!put_request(sa, &m) || !request_send(sa, &m, false))
		sa_close(sa, "out of memory");
}

void mobike_start(struct ike_sa *sa)
{
	if (sa->tells_update) {
		sa->tells_update = false;
		begin(sa, MOBIKE_UPDATE);
	} else if (sa->tells_check) {
		sa->tells_check = false;
		begin(sa, MOBIKE_CHECK);
	} else {
		sa->tells_addrs = false;
		begin(sa, MOBIKE_ADDRS);
	}
}

bool mobike_liveness(struct ike_sa *sa)
{
	if (!sa->mobike || !sa->began || !sa->nat_local || sa->path.stream)
		return false;
	begin(sa, MOBIKE_ASK);
	return true;
}

/* --- the peer's responses */

/* The peer may take another IKE SA where it takes no update. */
static void updated(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;

	if (ike_find_error(p, &n)) {
		reauth_at_once(sa, "the peer refuses our new address");
		return;
	}
	nat_detect_again(sa, p);
	mobike_move_children(sa, false);
	exchange_end(sa, &sa->ours);
	sa_next(sa);
}

/* Section 3.7: one that is not the peer's has no cookie, and is not believed. */
static void checked(struct ike_sa *sa, const struct ike_payloads *p)
{
	const struct exchange *x = &sa->ours;
	struct ike_notify n;

	if (!ike_find_notify(p, IKE_N_COOKIE2, &n) ||
	    n.data.len != sizeof(x->cookie2) ||
	    memcmp(n.data.ptr, x->cookie2, n.data.len) != 0) {
		sa_close(sa, "the peer does not answer from its new address");
		return;
	}
	mobike_move_children(sa, false);
	exchange_end(sa, &sa->ours);
	sa_next(sa);
}

/* Section 3.5: an address that changed meanwhile is told of again. */
void mobike_response(struct ike_sa *sa, const struct ike_payloads *p)
{
	const enum mobike_kind kind = sa->ours.mobike;

	if (kind == MOBIKE_UPDATE && !sa->tells_update) {
		updated(sa, p);
		return;
	}
	if (kind == MOBIKE_CHECK && !sa->tells_check) {
		checked(sa, p);
		return;
	}
	if (kind == MOBIKE_ASK && nat_is_other(sa, p))
		sa->tells_update = true;
	exchange_end(sa, &sa->ours);
	sa_next(sa);
}

/* --- the peer's requests */

static bool says_addrs(const struct ike_payloads *p)
{
	struct ike_notify n;

	return ike_find_notify(p, IKE_N_ADDITIONAL_IP4_ADDRESS, &n) ||
	       ike_find_notify(p, IKE_N_ADDITIONAL_IP6_ADDRESS, &n) ||
	       ike_find_notify(p, IKE_N_NO_ADDITIONAL_ADDRESSES, &n);
}

static bool wants_update(const struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;

	return sa->mobike && !sa->began &&
	       ike_find_notify(p, IKE_N_UPDATE_SA_ADDRESSES, &n);
}

static bool take_addr(struct slice *s, bool v4, struct addr *out)
{
	uint32_t v4_be;

	if (!v4)
		return rd_bytes(s, out->octets, sizeof(out->octets));
	if (!rd_bytes(s, &v4_be, sizeof(v4_be)))
		return false;
	*out = addr_from_v4(v4_be);
	return true;
}

/* Section 3.9: the addresses and ports that it has itself, and no others. */
static bool is_behind_unwanted_nat(const struct ike_sa *sa,
				   const struct ike_payloads *p)
{
	const struct ike_path *path = &sa->asked_by;
	struct addr source, destination;
	uint16_t sport, dport;
	struct ike_notify n;
	struct slice s;
	bool v4;

	if (!ike_find_notify(p, IKE_N_NO_NATS_ALLOWED, &n))
		return false;
	s = n.data;
	v4 = s.len == 12;
	return !take_addr(&s, v4, &source) || !take_addr(&s, v4, &destination) ||
	       !rd_u16(&s, &sport) || !rd_u16(&s, &dport) || s.len ||
	       !addr_equal(&source, &path->remote) ||
	       !addr_equal(&destination, &path->local) ||
	       sport != path->remote_port || dport != path->local_port;
}

static uint16_t refusal(const struct ike_sa *sa, const struct ike_payloads *p)
{
	if (!wants_update(sa, p))
		return 0;
	if (is_behind_unwanted_nat(sa, p))
		return IKE_N_UNEXPECTED_NAT_DETECTED;
	if (!mobike_is_ours(&sa->conn->conf, &sa->asked_by.local))
		return IKE_N_UNACCEPTABLE_ADDRESSES;
	return 0;
}

/* The other end of a responder that has moved: it asked from there. */
static void follow_responder(struct ike_sa *sa)
{
	struct ike_path path;

	if (!sa->began || addr_equal(&sa->asked_by.remote, &sa->path.remote) ||
	    !mobike_way_to(sa, &sa->asked_by.remote, &path))
		return;
	sa_move(sa, &path);
	sa->tells_update = true;
}

void mobike_request(struct ike_sa *sa, const struct ike_payloads *p)
{
	if (!sa->mobike)
		return;
	if (says_addrs(p)) {
		mobike_take_addrs(sa, p);
		follow_responder(sa);
	}
	if (!wants_update(sa, p) || refusal(sa, p))
		return;
	sa_move(sa, &sa->asked_by);
	nat_detect_again(sa, p);
	mobike_move_children(sa, true);
	sa->tells_check = true;
}

void mobike_reply(struct ike_sa *sa, const struct ike_payloads *p,
		  struct ike_builder *m)
{
	struct ike_notify n = { .type = refusal(sa, p) };

	if (n.type) {
		ike_notify_put(m, &n);
		return;
	}
	if (ike_find_notify(p, IKE_N_COOKIE2, &n) && n.data.len >= 8 &&
	    n.data.len <= 64)
		put_cookie(m, n.data);
	if (sa->mobike && ike_find_notify(p, IKE_N_NAT_DETECTION_SOURCE_IP, &n))
		nat_put_back(m, sa, sa->conn->conf.encap);
}
