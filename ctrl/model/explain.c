// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/explain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *explain_outcome_name(enum explain_outcome outcome)
{
	switch (outcome) {
	case EXPLAIN_SEALED:
		return "protected";
	case EXPLAIN_OPENED:
		return "opened";
	case EXPLAIN_CLEAR:
		return "clear";
	case EXPLAIN_HELD:
		return "held";
	case EXPLAIN_DROPPED:
		return "dropped";
	}
	return "unknown";
}

const char *explain_place_name(enum explain_place place)
{
	switch (place) {
	case EXPLAIN_AT_PROTECTED:
		return "protected";
	case EXPLAIN_AT_UNPROTECTED:
		return "unprotected";
	case EXPLAIN_AT_GUARD:
		return "guard";
	case EXPLAIN_AT_TUNNEL:
		return "tunnel";
	case EXPLAIN_AT_KERNEL:
		return "kernel";
	case EXPLAIN_AT_WORKER:
		return "worker";
	}
	return "unknown";
}

static const char *kernel_name(const struct explain_step *s)
{
	if (s->err)
		return "refuses";
	return s->iface[0] ? "forwards" : "delivers";
}

/* Of its routing; which of two it was, it does not say. */
static const char *refusal_text(int err)
{
	switch (err) {
	case -ENETUNREACH:
		return "it has no route there";
	case -EHOSTUNREACH:
		return "its route is unreachable, or it does not forward from that interface";
	case -EACCES:
		return "its route or a rule prohibits it";
	case -EXDEV:
		return "the source is not behind that interface (rp_filter)";
	case -EINVAL:
		return "its route is a blackhole, or the source cannot be behind that interface (rp_filter)";
	}
	return strerror(-err);
}

static const char *kernel_text(const struct explain_step *s)
{
	if (s->err)
		return refusal_text(s->err);
	return s->iface[0]
		       ? "it goes on by this interface, if the firewall lets it"
		       : "it is for this host, if the firewall lets it";
}

const char *explain_step_name(const struct explain_step *s)
{
	if (s->place == EXPLAIN_AT_KERNEL)
		return kernel_name(s);
	if (s->held)
		return "held";
	if (s->drop >= DROP_MAX || s->pass >= PASS_MAX)
		return "unknown";
	return s->drop != DROP_NONE ? drop_name((enum drop_reason)s->drop)
				    : pass_name((enum pass_reason)s->pass);
}

const char *explain_step_text(const struct explain_step *s)
{
	if (s->place == EXPLAIN_AT_KERNEL)
		return kernel_text(s);
	if (s->held)
		return "it waits for an SA for a second, and one is asked for";
	if (s->drop >= DROP_MAX || s->pass >= PASS_MAX)
		return "a reason that this version does not know";
	return s->drop != DROP_NONE ? drop_text((enum drop_reason)s->drop)
				    : pass_text((enum pass_reason)s->pass);
}

/* --- what to do --- */

static void no_sa_remedy(const struct explain_policy *p,
			 char out[EXPLAIN_REMEDY_MAX])
{
	if (p->manual)
		snprintf(out, EXPLAIN_REMEDY_MAX,
			 "policy %s protects it and has no SA: cygnet sa add gives it a pair",
			 p->name);
	else
		snprintf(out, EXPLAIN_REMEDY_MAX,
			 "policy %s protects it and has no SA: cygnet up %s (cygnet status says why it is not up)",
			 p->name, p->tunnel);
}

static void tunnel_remedy(const struct explanation *x,
			  char out[EXPLAIN_REMEDY_MAX])
{
	snprintf(out, EXPLAIN_REMEDY_MAX,
		 "a route leads it to %s, and no tunnel of that if_id covers it: wider local_ts and remote_ts do (0.0.0.0/0), or another route",
		 x->step[x->n_steps - 1].place == EXPLAIN_AT_TUNNEL
			 ? x->step[x->n_steps - 1].iface
			 : "a tunnel interface (ip route)");
}

/* The guard drops what is to go into a tunnel, and comes from outside as ours. */
static void plaintext_remedy(const struct explanation *x,
			     char out[EXPLAIN_REMEDY_MAX])
{
	const struct explain_policy *p = &x->policy;

	const uint8_t place = x->step[x->n_steps - 1].place;

	if (place == EXPLAIN_AT_GUARD || place == EXPLAIN_AT_TUNNEL) {
		snprintf(out, EXPLAIN_REMEDY_MAX,
			 "it comes from outside, and its source is behind this gateway: somebody forges it, or the route to its source is to lead outside");
		return;
	}
	snprintf(out, EXPLAIN_REMEDY_MAX,
		 "policy %s wants it protected: its sender has to send it through the tunnel%s%s, or a policy before that one has to bypass it",
		 p->name, p->tunnel[0] ? " " : "", p->tunnel);
}

static void way_remedy(const struct explanation *x, char out[EXPLAIN_REMEDY_MAX])
{
	char peer[ADDR_STR_MAX];

	snprintf(out, EXPLAIN_REMEDY_MAX,
		 "there is no way to the peer by an interface that is served: ip route get %s shows the kernel's",
		 addr_str(&x->sa.remote, peer));
}

static void drop_remedy(const struct explanation *x, enum drop_reason drop,
			char out[EXPLAIN_REMEDY_MAX])
{
	const struct explain_policy *p = &x->policy;
	const char *text = "";

	switch (drop) {
	case DROP_NO_SA:
		return no_sa_remedy(p, out);
	case DROP_PLAINTEXT_IN:
		return plaintext_remedy(x, out);
	case DROP_NO_TUNNEL:
		return tunnel_remedy(x, out);
	case DROP_NO_ROUTE:
	case DROP_ROUTE_REFUSES:
		return way_remedy(x, out);
	case DROP_POLICY_DISCARD:
		snprintf(out, EXPLAIN_REMEDY_MAX,
			 "policy %s discards it: change that, or put one that covers it before it (cygnet policy shows the order)",
			 p->name);
		return;
	case DROP_DEFAULT_DISCARD:
		text = "no policy covers it, and gateway.default is discard: add a policy that does";
		break;
	case DROP_SPI_UNKNOWN:
		text = "no SA of this host has that SPI: cygnet sa shows those that there are; the peer's is of another time, and ends with its lifetime or when the tunnel is brought up anew";
		break;
	case DROP_NO_WORKER:
		text = "no worker serves that interface: cygnet status and cygnet doctor show why";
		break;
	case DROP_SELECTOR:
		text = "the SA was negotiated for less than its policy covers: cygnet sa shows its selectors; agree with the peer on wider ones";
		break;
	case DROP_LIFETIME:
		text = "the SA has carried all that it may, or its time is over: cygnet rekey gives it new keys, cygnet sa add those by hand";
		break;
	case DROP_SEQ_EXHAUSTED:
		text = "the SA has used up its sequence numbers: cygnet rekey gives it new keys, extended sequence numbers last longer";
		break;
	case DROP_BUNDLE:
		text = "the SA is in a bundle: the peer's ESP has to come in AH, as cygnet status says; it lacks that, or the other way round";
		break;
	case DROP_SA_GONE:
		text = "its SA is going at this moment: ask again";
		break;
	default:
		break;
	}
	snprintf(out, EXPLAIN_REMEDY_MAX, "%s", text);
}

static void dropped_remedy(const struct explanation *x,
			   char out[EXPLAIN_REMEDY_MAX])
{
	const struct explain_step *last = &x->step[x->n_steps - 1];
	char to[ADDR_STR_MAX];

	if (last->place != EXPLAIN_AT_KERNEL)
		return drop_remedy(x, (enum drop_reason)last->drop, out);
	snprintf(out, EXPLAIN_REMEDY_MAX,
		 "the kernel has no way for it from there: ip route get %s, and sysctl net.ipv4.conf.all.rp_filter where the source is not behind that interface",
		 addr_str(&x->question.destination, to));
}

const char *explain_remedy(const struct explanation *x,
			   char out[EXPLAIN_REMEDY_MAX])
{
	out[0] = '\0';
	if (!x->n_steps || x->n_steps > EXPLAIN_STEPS_MAX)
		return out;
	if (x->outcome == EXPLAIN_HELD)
		no_sa_remedy(&x->policy, out);
	else if (x->outcome == EXPLAIN_DROPPED)
		dropped_remedy(x, out);
	return out;
}
