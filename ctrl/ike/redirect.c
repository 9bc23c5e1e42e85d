// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/redirect.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/reauth.h"
#include "ctrl/wire/ike_build.h"

/* Section 7: gateways that send a client round and round. */
#define REDIRECTS_MAX 5U
#define REDIRECTS_NS  (300 * NS_PER_S)

static const char goes_round[] =
	"the peer redirects us, as others did before: five times in five minutes is enough";
static const char no_address[] =
	"the peer redirects us to what is no address of a gateway, and names are not looked up for that";

/* --- on the wire */

static size_t put_gateway(uint8_t *out, size_t room, const struct gateway *g)
{
	struct builder b = wr_init(out, room);

	wr_u8(&b, g->type);
	wr_u8(&b, g->len);
	wr_bytes(&b, g->octets, g->len);
	return wr_ok(&b) ? b.len : 0;
}

/* What is left of it is the nonce of IKE_SA_INIT. */
static bool read_gateway(struct slice *s, struct gateway *out)
{
	return rd_u8(s, &out->type) && rd_u8(s, &out->len) && out->len &&
	       out->len <= sizeof(out->octets) &&
	       rd_bytes(s, out->octets, out->len);
}

static bool addr_of(const struct gateway *g, struct addr *out)
{
	uint32_t v4_be;

	if (g->type == GATEWAY_IPV4 && g->len == sizeof(v4_be)) {
		memcpy(&v4_be, g->octets, sizeof(v4_be));
		*out = addr_from_v4(v4_be);
	} else if (g->type == GATEWAY_IPV6 && g->len == sizeof(out->octets)) {
		memcpy(out->octets, g->octets, sizeof(out->octets));
	} else {
		return false;
	}
	return !addr_not_unicast(out);
}

void redirect_put(const struct ike_sa *sa, struct ike_builder *m)
{
	struct gateway from = gateway_of_addr(&sa->redirected_from);
	uint8_t octets[sizeof(from)];
	struct ike_notify n = { .type = IKE_N_REDIRECT_SUPPORTED };

	if (!sa->e->options.follow_redirects)
		return;
	if (sa->redirects) {
		n.type = IKE_N_REDIRECTED_FROM;
		n.data = slice_of(octets,
				  put_gateway(octets, sizeof(octets), &from));
	}
	ike_notify_put(m, &n);
}

void redirect_take(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;

	sa->takes_redirect = ike_find_notify(p, IKE_N_REDIRECT_SUPPORTED, &n) ||
			     ike_find_notify(p, IKE_N_REDIRECTED_FROM, &n);
}

/* --- we are redirected */

/* Once more; false: too often. */
static bool count(struct ike_sa *sa)
{
	const uint64_t now_ns = sa->e->now_ns;

	if (!sa->redirects || now_ns - sa->redirects_since_ns > REDIRECTS_NS) {
		sa->redirects = 0;
		sa->redirects_since_ns = now_ns;
	}
	return ++sa->redirects <= REDIRECTS_MAX;
}

void redirect_inherit(struct ike_sa *young, const struct ike_sa *sa)
{
	young->redirects = sa->redirects;
	young->redirects_since_ns = sa->redirects_since_ns;
	young->redirected_from = sa->path.remote;
}

void redirect_pass(struct ike_sa *heir, struct ike_sa *sa)
{
	heir->redirects = sa->redirects;
	heir->redirects_since_ns = sa->redirects_since_ns;
	heir->redirected_from = sa->redirected_from;
	if (!sa->redirect_to)
		return;
	free(heir->redirect_to);
	heir->redirect_to = sa->redirect_to;
	sa->redirect_to = NULL;
}

/* Nobody has authenticated it, but who saw our nonce (section 3). */
static bool is_to_us(const struct ike_sa *sa, struct slice nonce)
{
	const struct slice ni = nonce_slice(&sa->ni);

	return nonce.len == ni.len && memcmp(nonce.ptr, ni.ptr, ni.len) == 0;
}

bool redirect_init(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;
	struct gateway to;
	struct addr addr;

	if (!sa->e->options.follow_redirects ||
	    !ike_find_notify(p, IKE_N_REDIRECT, &n))
		return false;
	if (!read_gateway(&n.data, &to) || !is_to_us(sa, n.data))
		return true; /* the true answer may still come */
	if (!count(sa))
		sa_close(sa, goes_round);
	else if (!addr_of(&to, &addr))
		sa_close(sa, no_address);
	else
		init_elsewhere(sa, &addr);
	return true;
}

bool redirect_note(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;
	struct gateway to;

	if (!sa->began || !sa->e->options.follow_redirects ||
	    !ike_find_notify(p, IKE_N_REDIRECT, &n) ||
	    !read_gateway(&n.data, &to))
		return false;
	free(sa->redirect_to);
	sa->redirect_to = malloc(sizeof(to));
	if (!sa->redirect_to)
		return false;
	*sa->redirect_to = to;
	sa_touch(sa);
	return true;
}

/* What has no child of its own yet is of no use here. */
static void stay(struct ike_sa *sa, const char *why)
{
	sa_event(sa, IKE_EV_FAILED, NULL, why);
	if (sa->is_sent_on)
		sa->delete_wanted = true;
	sa_next(sa);
}

static void follow(struct ike_sa *sa, const struct gateway *to)
{
	struct addr addr;

	if (!count(sa))
		stay(sa, goes_round);
	else if (!addr_of(to, &addr))
		stay(sa, no_address);
	else if (!addr_equal(&addr, &sa->path.remote) &&
		 !reauth_elsewhere(sa, &addr))
		stay(sa, "the peer redirects us, and there is no way there");
	else
		sa_next(sa);
}

/* --- we redirect */

static void send(struct ike_sa *sa, const struct gateway *to)
{
	uint8_t octets[sizeof(*to)];
	const size_t len = put_gateway(octets, sizeof(octets), to);
	const struct ike_notify n = { .type = IKE_N_REDIRECT,
				      .data = slice_of(octets, len) };

	info_notify(sa, &n);
}

void redirect_begin(struct ike_sa *sa)
{
	struct gateway to = *sa->redirect_to;

	free(sa->redirect_to);
	sa->redirect_to = NULL;
	if (sa->began)
		follow(sa, &to);
	else
		send(sa, &to);
}

static bool is_meant(const struct ike_sa *sa, const struct ike_redirect *r)
{
	const struct addr *a = &sa->path.remote;

	if (sa->state != IKE_ST_ESTABLISHED || sa->began || sa->has_heir ||
	    sa->drop_ns || !sa->takes_redirect)
		return false;
	if ((r->conn[0] && strcmp(r->conn, sa->conn->conf.name) != 0) ||
	    (r->ike_id && r->ike_id != sa->view_id))
		return false;
	if (r->by_addr && (addr_is_v4(a) != addr_is_v4(&r->peer_min) ||
			   memcmp(a, &r->peer_min, sizeof(*a)) < 0 ||
			   memcmp(a, &r->peer_max, sizeof(*a)) > 0))
		return false;
	return !r->peer_id.type || identity_match(&r->peer_id, &sa->peer_id);
}

unsigned int engine_redirect(struct engine *e, const struct ike_redirect *r,
			     uint64_t now_ns)
{
	unsigned int n = 0;

	e->now_ns = now_ns;
	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];

		if (!sa || !is_meant(sa, r))
			continue;
		free(sa->redirect_to);
		sa->redirect_to = malloc(sizeof(r->to));
		if (!sa->redirect_to)
			continue;
		*sa->redirect_to = r->to;
		sa_touch(sa);
		n++;
		sa_next(sa);
	}
	sa_reap(e);
	return n;
}
