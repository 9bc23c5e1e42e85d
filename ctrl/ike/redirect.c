// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/exchanges.h"
#include "ctrl/ike/redirect.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctrl/ike/later.h"
#include "ctrl/ike/reauth.h"
#include "ctrl/ike/resolve.h"
#include "ctrl/wire/dns.h"
#include "ctrl/wire/ike_build.h"

/* Section 7: gateways that send a client round and round. */
#define REDIRECTS_MAX 5U
#define REDIRECTS_NS  (300 * NS_PER_S)

static const char goes_round[] =
	"the peer redirects us, as others did before: five times in five minutes is enough";
static const char no_address[] =
	"the peer redirects us to what is neither an address nor a name of a gateway";
static const char no_way[] = "the peer redirects us, and there is no way there";
static const char to_us[] = "the peer redirects us to this host itself";
static const char to_itself[] =
	"the peer redirects us to itself, and takes no child";

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

bool redirect_is_named(const struct gateway *to)
{
	return to->type == GATEWAY_FQDN;
}

static bool host_of(const struct gateway *g, char host[CONN_HOST_MAX])
{
	if (!redirect_is_named(g) || g->len >= CONN_HOST_MAX ||
	    memchr(g->octets, 0, g->len))
		return false;
	memcpy(host, g->octets, g->len);
	host[g->len] = '\0';
	return dns_is_name(host);
}

static bool is_sound(const struct engine *e, const struct gateway *g)
{
	char host[CONN_HOST_MAX];
	struct addr addr;

	return addr_of(g, &addr) ||
	       (e->calls.resolve_gateway && host_of(g, host));
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

/* To the first of them, if it may be. NULL, or why there is no way. */
static const char *find_path(const struct engine *e, const struct conn_conf *c,
			     const struct addr *addrs, size_t n,
			     struct ike_path *out)
{
	const char *why = no_way;

	for (size_t i = 0; i < n; i++) {
		if (addr_not_unicast(&addrs[i]))
			continue;
		if (addr_is_here(e, &addrs[i]))
			why = to_us;
		else if (conn_path_to(e, c, &addrs[i], out))
			return NULL;
	}
	return why;
}

bool redirect_path(const struct engine *e, const struct conn_conf *c,
		   const struct gateway *to, struct ike_path *out)
{
	struct addr addr;

	return addr_of(to, &addr) && !find_path(e, c, &addr, 1, out);
}

void redirect_wait(struct ike_sa *sa, const struct gateway *to)
{
	char host[CONN_HOST_MAX];

	sa->stream_token = 0;
	sa->resend_ns = 0;
	free(sa->redirect_to);
	sa->redirect_to = malloc(sizeof(*to));
	if (!sa->redirect_to || !host_of(to, host)) {
		sa_close(sa, "out of memory");
		return;
	}
	*sa->redirect_to = *to;
	resolve_gateway(sa, host);
}

bool redirect_is_to(const struct ike_sa *sa, const char *host)
{
	char ours[CONN_HOST_MAX];

	return host_of(sa->redirect_to, ours) && strcasecmp(ours, host) == 0;
}

/* Whose elder is there already, that goes on. */
static void begin_there(struct ike_sa *young, const struct ike_path *path)
{
	const struct ike_sa *elder = reauth_elder(young);

	if (addr_equal(&path->remote, &young->redirected_from)) {
		sa_close(young, elder && elder->is_sent_on ? to_itself : "");
		return;
	}
	young->path = young->asked_by = *path;
	if (!init_start(young))
		sa_close(young, "out of memory");
}

void redirect_resolved(struct ike_sa *sa, const struct addr *addrs, size_t n,
		       const char *why)
{
	struct ike_path path;

	free(sa->redirect_to);
	sa->redirect_to = NULL;
	if (n)
		why = find_path(sa->e, &sa->conn->conf, addrs, n, &path);
	if (why)
		sa_close(sa, why);
	else if (sa->ni.len)
		init_elsewhere(sa, &path);
	else
		begin_there(sa, &path);
}

static void go(struct ike_sa *sa, const struct gateway *to)
{
	struct ike_path path;
	struct addr addr;
	const char *why;

	if (!addr_of(to, &addr)) {
		redirect_wait(sa, to);
		return;
	}
	why = find_path(sa->e, &sa->conn->conf, &addr, 1, &path);
	if (why)
		sa_close(sa, why);
	else
		init_elsewhere(sa, &path);
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

	if (!sa->e->options.follow_redirects ||
	    !ike_find_notify(p, IKE_N_REDIRECT, &n))
		return false;
	if (!read_gateway(&n.data, &to) || !is_to_us(sa, n.data))
		return true; /* the true answer may still come */
	if (!count(sa))
		sa_close(sa, goes_round);
	else if (!is_sound(sa->e, &to))
		sa_close(sa, no_address);
	else
		go(sa, &to);
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

/* What has no child, for it was to have one elsewhere, is of no use here. */
static void give_up(struct ike_sa *sa)
{
	if (sa->delete_wanted || sa->children)
		return;
	sa->delete_wanted = true;
	if (sa->wanted)
		later_no_way(sa->e, sa->conn, sa->wanted, sa->attempts);
	sa_touch(sa);
}

static void stay(struct ike_sa *sa, const char *why)
{
	sa_event(sa, IKE_EV_FAILED, NULL, why);
	if (sa->is_sent_on)
		give_up(sa);
	sa_next(sa);
}

void redirect_failed(const struct ike_sa *young)
{
	struct ike_sa *elder = reauth_elder(young);

	if (!elder || !elder->is_sent_on || elder->state != IKE_ST_ESTABLISHED)
		return;
	give_up(elder);
	sa_next(elder);
}

static bool is_at(const struct ike_sa *sa, const struct gateway *to)
{
	struct addr addr;

	return addr_of(to, &addr) && addr_equal(&addr, &sa->path.remote);
}

/* Why it can't be followed; NULL: it can be, or there is nothing to do. */
static const char *objection(const struct ike_sa *sa, const struct gateway *to)
{
	struct ike_path path;
	struct addr addr;

	if (!is_sound(sa->e, to))
		return no_address;
	if (!addr_of(to, &addr))
		return NULL;
	if (is_at(sa, to))
		return sa->is_sent_on ? to_itself : NULL;
	return find_path(sa->e, &sa->conn->conf, &addr, 1, &path);
}

static void follow(struct ike_sa *sa, const struct gateway *to)
{
	const char *why = count(sa) ? objection(sa, to) : goes_round;

	if (!why && !is_at(sa, to) && !reauth_elsewhere(sa, to))
		why = no_way;
	if (why)
		stay(sa, why);
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
