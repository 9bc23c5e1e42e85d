// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/dp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/dp/changes.h"
#include "ctrl/dp/conntrack.h"
#include "ctrl/dp/forwarding.h"
#include "ctrl/dp/keep.h"
#include "ctrl/dp/links.h"
#include "ctrl/dp/nl_table.h"
#include "ctrl/dp/privileges.h"
#include "ctrl/dp/release.h"
#include "ctrl/dp/state.h"
#include "ctrl/dp/workers.h"
#include "ctrl/dp/vips.h"

/* --- before anything is changed: does it all exist? --- */

static int check_iface(const struct iface_conf *conf, struct iface *out,
		       struct error *e)
{
	const struct place *at = &conf->place;
	int err = iface_read(conf->name, out);

	out->role = conf->role;
	if (err)
		return error_set(
			e, err,
			"%s:%u:%u: interface '%s': %s; 'ip link' lists those that exist",
			at->file, at->line, at->column, conf->name,
			strerror(-err));
	if (!out->up)
		return error_set(
			e, -ENETDOWN,
			"%s:%u:%u: interface '%s' is down; bring it up with: ip link set %s up",
			at->file, at->line, at->column, conf->name, conf->name);
	if (!out->ethernet)
		return error_set(
			e, -EPROTONOSUPPORT,
			"%s:%u:%u: interface '%s' is not Ethernet, and nothing else is supported; name another one",
			at->file, at->line, at->column, conf->name);
	if (out->n_tags > VLAN_TAGS_MAX)
		return error_set(
			e, -EPROTONOSUPPORT,
			"%s:%u:%u: interface '%s' stands on more than %d VLAN tags, and so many are not supported",
			at->file, at->line, at->column, conf->name,
			VLAN_TAGS_MAX);
	if (out->queues > QUEUE_MAX)
		return error_set(
			e, -E2BIG,
			"%s:%u:%u: interface '%s' has %u queues, at most %d are served; set them with: ethtool -L %s combined %d",
			at->file, at->line, at->column, conf->name, out->queues,
			QUEUE_MAX, conf->name, QUEUE_MAX);
	return 0;
}

/* From there the kernel forwards what the guard has to know again. */
static bool is_tagged(const struct gateway_conf *g, enum iface_role role)
{
	return g->forward == FORWARD_KERNEL && role == IFACE_PROTECTED;
}

static int check_ifaces(struct dp *dp, struct error *e)
{
	const struct gateway_conf *g = &dp->config->gateway;
	for (size_t i = 0; i < g->n_ifaces; i++) {
		struct served *s = &dp->served[i];
		int err = check_iface(&g->ifaces[i], &dp->ifaces[i], e);

		if (err)
			return err;
		dp->ifaces[i].chains = dp->chains;
		links_tell_jumbo(&dp->ifaces[i]);
		s->at = (struct attach_iface){
			.name = g->ifaces[i].name,
			.ifindex = dp->ifaces[i].ifindex,
			.xdp_ifindex = dp->ifaces[i].lower_ifindex,
			.role = g->ifaces[i].role,
			.tagged = is_tagged(g, g->ifaces[i].role),
			.joins = g->xdp == XDP_DISPATCHER,
			.priority = g->xdp_priority,
		};
		dp->n_ifaces = i + 1;
		err = attach_find(&s->at, &s->xdp, &s->guard, e);
		if (!err)
			err = attach_find_tag(&s->at, &s->tag, e);
		if (err)
			return err;
	}
	return forwarding_check(dp->config, e);
}

/* --- maps before programs are attached, programs before packets flow --- */

uint32_t dp_slot_of(const struct dp *dp, uint32_t device)
{
	uint32_t i = 0;

	while (dp->ifaces[i].lower_ifindex != device)
		i++;
	return i;
}

static int load(struct dp *dp, struct error *e)
{
	struct programs_spec spec = {
		.magic = dp->magic,
		.head_token = dp->head_token,
		.chains = dp->chains,
		.host_ifindex = dp->host.ifindex,
		.host_udp_gso = dp->host.udp_gso,
		.forward_kernel = dp->config->gateway.forward == FORWARD_KERNEL,
		.tag_mark = dp->config->gateway.mark,
		.default_action = dp->config->gateway.default_action,
		.sas = dp->config->gateway.sas,
	};
	int err = conntrack_find(&spec.conntrack);

	if (err)
		log_warn("dp: the guard cannot see what NAT changes (%s): see cygnet doctor",
			 strerror(-err));
	for (size_t i = 0; i < dp->n_ifaces; i++)
		spec.seated |= dp->served[i].at.joins ||
			       dp->served[i].xdp.seat.slot_fd;
	for (size_t i = 0; !spec.earlier_fd && i < dp->n_ifaces; i++)
		spec.earlier_fd = dp->served[i].xdp.before_fd;
	err = programs_load(&spec, &dp->programs, e);
	dp->tunnels.programs = dp->programs;
	for (size_t i = 0; !err && i < dp->n_ifaces; i++) {
		err = links_enter(dp, i);
		if (err)
			error_set(e, err, "cannot fill the map ifaces: %s",
				  strerror(-err));
	}
	return err;
}

static int listen_to_programs(struct dp *dp, struct event_base *base,
			      struct error *e)
{
	int err = audit_ring_open(programs_audits_fd(dp->programs), base,
				  &dp->audits);

	if (err)
		return error_set(e, err, "cannot read the map audits: %s",
				 strerror(-err));
	audit_ring_mute(dp->audits, !dp->config->gateway.audit);
	return 0;
}

static int fill(struct dp *dp, struct event_base *base, struct error *e)
{
	const struct resolver_spec resolver = {
		.base = base,
		.nl = dp->nl,
		.links = dp->links,
		.n_links = dp->n_workers,
		.programs = dp->programs,
		.ifaces = dp->ifaces,
		.n_ifaces = dp->n_ifaces,
		.iface_changed = links_changed,
		.iface_replaced = links_replaced,
		.ways_changed = links_moved,
		.ctx = dp,
	};
	int err = resolver_new(&resolver, &dp->resolver, e);

	if (!err)
		err = listen_to_programs(dp, base, e);
	if (!err)
		err = changes_open(dp, base, e);
	return err ? err : changes_take(dp, dp->config, e);
}

/* The host interface's in either mode: what came out of a tunnel and goes into
 * another is forwarded by the kernel. */
static int attach_tags(struct dp *dp, struct error *e)
{
	const int fd = programs_tag_fd(dp->programs);
	int err = attach_tag(&dp->host_at, fd, &dp->host_tag, e);

	for (size_t i = 0; !err && i < dp->n_ifaces; i++)
		if (dp->served[i].at.tagged)
			err = attach_tag(&dp->served[i].at, fd,
					 &dp->served[i].tag, e);
	return err;
}

static void tell_generic(const struct attach_iface *iface, int refused)
{
	if (!refused || refused == -EOPNOTSUPP)
		log_warn("dp: generic XDP iface=%s: its driver has no native mode, expect less speed",
			 iface->name);
	else
		log_warn("dp: generic XDP iface=%s: its driver has a native mode and refuses it (%s), expect less speed; a smaller MTU or fewer queues (ethtool -L) may help, then cygnetd --release and a start",
			 iface->name, strerror(-refused));
}

static void tell_attached(const struct served *s)
{
	if (!s->xdp.native)
		tell_generic(&s->at, s->xdp.refused);
	if (s->at.joins && !s->xdp.seat.slot_fd)
		log_warn("dp: XDP stays alone, as an earlier start left it iface=%s: for gateway.xdp = dispatcher start anew after cygnetd --release",
			 s->at.name);
}

static int attach_one(struct dp *dp, size_t i, struct error *e)
{
	struct served *s = &dp->served[i];
	const bool was_seated = s->xdp.seat.slot_fd != 0;
	int err;

	if (!dp_first_on_device(dp, i) || s->xdp.done)
		return 0;
	err = links_show_truth(dp, i, e);
	if (!err)
		err = attach_xdp(&s->at, programs_xdp_fd(dp->programs), &s->xdp,
				 e);
	if (err)
		return err;
	/* The driver did not notice: it may have queues that it runs none for. */
	if (was_seated &&
	    attach_xdp_again(&s->at, programs_closed_fd(dp->programs), &s->xdp))
		log_warn("dp: libxdp's dispatcher changed meanwhile iface=%s",
			 s->at.name);
	tell_attached(s);
	return 0;
}

/* New seats are taken while libxdp may walk programs by id. That opens nothing:
 * there was no program of ours. */
static int take_seats(struct dp *dp, struct error *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < dp->n_ifaces; i++) {
		const struct served *s = &dp->served[i];

		if (s->at.joins && !s->xdp.before_fd && !s->xdp.seat.slot_fd)
			err = attach_one(dp, i, e);
	}
	return err;
}

/* The guard first: it closes the way out before anything is opened. */
static int attach(struct dp *dp, struct error *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < dp->n_ifaces; i++)
		if (dp->served[i].at.role == IFACE_UNPROTECTED)
			err = attach_guard(&dp->served[i].at,
					   programs_guard_fd(dp->programs),
					   &dp->served[i].guard, e);
	if (!err)
		err = tunnel_ifs_attach(&dp->tunnels, e);
	if (!err)
		err = attach_tags(dp, e);
	for (size_t i = dp->n_ifaces; !err && i-- > 0;) {
		nl_tx_dropped(dp->nl, dp->served[i].at.ifindex,
			      &dp->served[i].tx_dropped);
		err = attach_one(dp, i, e);
	}
	return err;
}

static int choose_crypto(struct dp *dp, struct error *e)
{
	int err = crypto_choose(dp->config->gateway.crypto, &dp->crypto);

	if (err == -ENOTSUP)
		return error_set(
			e, err,
			"this CPU has no AES instructions for gateway.crypto = ipsec-mb; write openssl there, or leave it out");
	if (err)
		return error_set(e, err, "cannot try the crypto library: %s",
				 strerror(-err));
	return 0;
}

static struct attach_iface host_place(uint32_t ifindex)
{
	return (struct attach_iface){ .name = HOSTIF_NAME,
				      .ifindex = ifindex,
				      .tagged = true };
}

static int prepare(struct dp *dp, struct error *e)
{
	int err;

	dp->chains = port_xsk_has_chains();
	err = check_ifaces(dp, e);

	if (!err)
		err = choose_crypto(dp, e);
	if (err)
		return err;
	err = nl_new(&dp->nl);
	if (err)
		return error_set(e, err, "cannot reach the kernel's routing: %s",
				 strerror(-err));
	err = hostif_open(&dp->host, e);
	if (err)
		return err;
	dp->tunnels.nl = dp->nl;
	err = tunnel_ifs_find(&dp->tunnels, e);
	if (!err)
		err = tunnel_ifs_make(&dp->tunnels, dp->config, e);
	if (err)
		return err;
	dp->host_at = host_place(dp->host.ifindex);
	err = attach_find_tag(&dp->host_at, &dp->host_tag, e);
	if (!err)
		err = workers_count(dp, e);
	if (!err)
		err = hostif_widen(&dp->host, dp->n_workers, e);
	if (err)
		return err;
	links_follow_mtu(dp);
	if (getrandom(&dp->magic, sizeof(dp->magic), 0) != sizeof(dp->magic) ||
	    getrandom(&dp->head_token, sizeof(dp->head_token), 0) !=
		    sizeof(dp->head_token))
		return error_set(e, -EIO, "no random numbers");
	dp->sad = sad_new(dp->crypto, dp->n_workers);
	if (!dp->sad)
		return error_set(e, -ENOMEM, "no memory for the SAD");
	return 0;
}

/*
 * What comes too late by the host interface is the kernel's to count: nobody
 * reads there.
 */
static void stop(struct dp *dp)
{
	if (!dp->running)
		return;
	dp->running = false;
	capture_free(dp->capture, "the data path ends");
	dp->capture = NULL;
	keep_end(dp);
	links_unwatch(dp);
	workers_stop(dp);
	hostif_close(&dp->host);
	dp_keep_kernel_drops(dp);
}

void dp_undo(struct dp *dp)
{
	stop(dp);
	for (size_t i = 0; i < dp->n_ifaces; i++) {
		attach_undo_xdp(&dp->served[i].at, &dp->served[i].xdp);
		attach_undo_tag(&dp->served[i].at, &dp->served[i].tag);
		attach_undo_guard(&dp->served[i].at, &dp->served[i].guard);
		links_hide_again(dp, i);
	}
	attach_undo_tag(&dp->host_at, &dp->host_tag);
	tunnel_ifs_undo(&dp->tunnels, 0);
	if (!dp->host.fresh)
		return;
	hostif_remove(&dp->host);
	if (dp->nl) {
		nl_routes_flush(dp->nl);
		nl_rules_flush(dp->nl);
	}
}

void dp_settle(struct dp *dp)
{
	for (size_t i = 0; i < dp->n_ifaces; i++) {
		attach_settle(&dp->served[i].xdp);
		attach_settle(&dp->served[i].guard);
		attach_settle(&dp->served[i].tag);
	}
	attach_settle(&dp->host_tag);
	tunnel_ifs_settle(&dp->tunnels);
}

void dp_release_others(const struct gateway_conf *g)
{
	struct attach_iface kept[IFACE_MAX + 1];
	struct error e;

	programs_log_libbpf();
	for (size_t i = 0; i < g->n_ifaces; i++) {
		struct iface iface;

		/* One that is not there is nobody's. */
		if (iface_read(g->ifaces[i].name, &iface))
			iface = (struct iface){ .ifindex = 0 };
		kept[i] = (struct attach_iface){
			.ifindex = iface.ifindex,
			.xdp_ifindex = iface.lower_ifindex,
			.role = g->ifaces[i].role,
			.tagged = is_tagged(g, g->ifaces[i].role),
		};
	}
	kept[g->n_ifaces] = host_place(if_nametoindex(HOSTIF_NAME));
	if (release_programs(kept, g->n_ifaces + 1, &e))
		log_warn("dp: %s; an earlier start served it", e.text);
}

void dp_release_empty_seats(void)
{
	programs_log_libbpf();
	release_empty_seats();
}

int dp_start(struct config *config, struct event_base *base, struct dp **out,
	     struct error *e)
{
	struct dp *dp = calloc(1, sizeof(*dp));
	int err;

	if (!dp)
		return error_set(e, -ENOMEM, "no memory for the data path");
	programs_log_libbpf();
	dp->config = config;
	dp->since_ns = clock_ns();
	keepalive_init(&dp->keepalive);
	err = prepare(dp, e);
	if (!err)
		err = load(dp, e);
	if (!err)
		err = take_seats(dp, e);
	if (!err)
		err = privileges_drop(e);
	if (!err)
		err = fill(dp, base, e);
	if (!err)
		err = attach(dp, e);
	if (!err)
		err = workers_make(dp, e);
	if (!err) {
		dp_count_died(dp);
		dp->running = true;
		err = workers_start(dp, e);
	}
	if (!err)
		err = links_watch(dp, base, e);
	if (!err)
		err = keep_begin(dp, base, e);
	if (err) {
		dp_undo(dp);
		dp_stop(dp);
		return err;
	}
	vips_settle(dp);
	changes_route(dp);
	*out = dp;
	return 0;
}

void dp_stop(struct dp *dp)
{
	if (!dp)
		return;
	stop(dp);
	workers_free(dp);
	changes_close(dp);
	resolver_free(dp->resolver);
	for (uint32_t i = 0; i < dp->n_workers; i++)
		nexthop_link_fini(&dp->links[i]);
	for (size_t i = 0; i < dp->n_ifaces; i++)
		attach_close(&dp->served[i].xdp);
	free(dp->links);
	sad_free(dp->sad);
	dry_close(dp->dry);
	audit_ring_close(dp->audits);
	programs_free(dp->programs);
	tunnel_ifs_close(&dp->tunnels);
	hostif_close(&dp->host);
	nl_free(dp->nl);
	free(dp);
}

/* One reader of the host interface at a time: us, or a daemon that runs. */
int dp_release(struct error *e)
{
	struct hostif host;
	struct nl *nl;
	int err = hostif_take(&host, e);

	programs_log_libbpf();
	if (err == -EBUSY)
		return error_set(
			e, err,
			"cygnetd is running in this network namespace; stop it first");
	if (err)
		return err;
	err = release_programs(NULL, 0, e);
	if (err) {
		hostif_close(&host);
		return err;
	}
	hostif_remove(&host);
	err = nl_new(&nl);
	if (!err)
		err = tunnel_ifs_remove(nl);
	if (!err)
		err = nl_routes_flush(nl);
	if (!err)
		err = nl_rules_flush(nl);
	if (!err)
		err = nl_neigh_release_all(nl);
	nl_free(nl);
	if (err)
		return error_set(e, err, "cannot remove the routes: %s",
				 strerror(-err));
	return 0;
}
