// SPDX-License-Identifier: BSD-2-Clause
/*
 * One event loop: whenever the kernel tells of an interface or an address, and each
 * second, all of them are looked at.
 */
#include "ctrl/daemon/lock.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/log.h"
#include "ctrl/conf/conf.h"
#include "ctrl/daemon/notify.h"
#include "ctrl/dp/attach.h"
#include "ctrl/dp/hostif.h"
#include "ctrl/dp/iface.h"
#include "ctrl/dp/locals.h"
#include "ctrl/dp/nl.h"
#include "ctrl/dp/programs.h"
#include "ctrl/sadb/classify.h"

/* A daemon that holds its interfaces for so long has started; one that fails
 * puts our programs back before. */
#define TAKEN_SECONDS 5

struct door {
	char name[IF_NAMESIZE];
	struct iface closed; /* ifindex 0: none yet */
	uint32_t failed;     /* of the one that could not be, and was logged */
};

struct lock {
	struct event_base *base;
	struct event *on_link, *on_second, *on_term, *on_int;
	struct programs *programs;
	struct nl *nl;
	struct locals locals;
	struct door doors[IFACE_MAX];
	size_t n_doors;
	enum xdp_place xdp; /* gateway.xdp */
	uint32_t xdp_priority;
	int link_fd;
	bool up;	      /* before that, what fails ends the start */
	unsigned int taken_s; /* so long all is closed and cygnetd runs */
};

static void end(struct lock *l, const char *why)
{
	log_info("lock: %s", why);
	event_base_loopbreak(l->base);
}

/* --- one interface */

/* It is closed: the programs tell it from others, and its MAC from another
 * station's. */
static int enter(struct lock *l, const struct iface *iface)
{
	return programs_serve(l->programs, iface, IFACE_UNPROTECTED, 0);
}

static void remember(struct lock *l, struct door *d, const struct iface *iface)
{
	if (d->closed.ifindex && d->closed.ifindex != iface->ifindex)
		programs_unserve(l->programs, &d->closed);
	if (enter(l, iface))
		log_error("lock: the map ifaces is not filled iface=%s",
			  d->name);
	d->closed = *iface;
}

/* What is not entered is none of the programs' business: that comes first. */
static int attach(struct lock *l, const struct iface *iface,
		  const struct attach_iface *at, struct attachment *xdp,
		  struct attachment *guard, struct error *e)
{
	int err = enter(l, iface);

	if (err)
		return error_set(e, err, "cannot fill the map ifaces: %s",
				 strerror(-err));
	if (!guard->before_fd)
		err = attach_guard(at, programs_guard_fd(l->programs), guard, e);
	if (!err && !xdp->before_fd)
		err = attach_xdp(at, programs_xdp_fd(l->programs), xdp, e);
	return err;
}

/* 1: it is closed. 0: it was opened since. */
static int close_found(struct lock *l, const struct door *d,
		       const struct iface *iface, struct error *e)
{
	const struct attach_iface at = {
		.name = d->name,
		.ifindex = iface->ifindex,
		.xdp_ifindex = iface->lower_ifindex,
		.role = IFACE_UNPROTECTED,
		.joins = l->xdp == XDP_DISPATCHER,
		.priority = l->xdp_priority,
	};
	struct attachment xdp, guard;
	int err = attach_find(&at, &xdp, &guard, e);
	bool is_closed = xdp.before_fd && guard.before_fd;
	bool is_new = d->closed.ifindex != iface->ifindex;

	if (!err && !is_closed && is_new) {
		err = attach(l, iface, &at, &xdp, &guard, e);
		if (!err)
			log_info("lock: closed iface=%s", d->name);
	}
	attach_close(&xdp);
	attach_close(&guard);
	return err ? err : is_closed || is_new;
}

/* Once for each interface of that name. */
static void tell_failed(struct door *d, uint32_t ifindex, const struct error *e)
{
	if (d->failed != ifindex)
		log_error("lock: NOT closed iface=%s: %s", d->name, e->text);
	d->failed = ifindex;
}

/* -ENODEV: it is not there yet; else as close_found(). */
static int close_door(struct lock *l, struct door *d, struct error *e)
{
	struct iface iface;
	int err = iface_read(d->name, &iface);

	if (err == -ENODEV)
		return err;
	if (err)
		return error_set(e, err, "interface '%s': %s", d->name,
				 strerror(-err));
	err = iface.ethernet
		      ? close_found(l, d, &iface, e)
		      : error_set(e, -EPROTONOSUPPORT,
				  "interface '%s' is not Ethernet, and nothing else is supported; name another one",
				  d->name);
	if (err < 0 && l->up)
		tell_failed(d, iface.ifindex, e);
	if (err > 0)
		remember(l, d, &iface);
	return err == -ENODEV ? -ENXIO : err;
}

/* --- all of them */

/* 1: all are there and closed; 0: some are yet to come; or the first failure,
 * in spite of which all others are closed. */
static int look(struct lock *l, struct error *e)
{
	int failed = 0;
	bool all = true;

	for (size_t i = 0; i < l->n_doors; i++) {
		struct error why;
		int got = close_door(l, &l->doors[i], &why);

		if (!got) {
			end(l,
			    "the programs were taken off; nothing is closed any more by this lock");
			return 0;
		}
		all = all && got == 1;
		if (got < 0 && got != -ENODEV && !failed) {
			failed = got;
			*e = why;
		}
	}
	return failed ? failed : all;
}

/* Neighbour discovery is for our own addresses: what is for others the kernel would
 * forward. Where they can't be read, the next look does it. */
static void look_at_addresses(struct lock *l)
{
	int err = locals_sync(&l->locals, l->nl, l->programs);

	if (err && err != -EINTR)
		log_debug("lock: addresses are not read: %s", strerror(-err));
}

static void on_second(evutil_socket_t fd, short what, void *ctx)
{
	struct lock *l = ctx;
	struct error e;
	bool all = look(l, &e) == 1;

	(void)fd;
	(void)what;
	look_at_addresses(l);
	l->taken_s = all && hostif_is_read() ? l->taken_s + 1 : 0;
	if (l->taken_s == TAKEN_SECONDS)
		end(l, "cygnetd has taken over");
}

/* What it says is not read: whatever it was, all are looked at. */
static void on_link(evutil_socket_t fd, short what, void *ctx)
{
	struct lock *l = ctx;
	struct error e;
	char buf[8192];

	(void)what;
	while (recv(fd, buf, sizeof(buf), 0) > 0 || errno == ENOBUFS)
		;
	look(l, &e);
	look_at_addresses(l);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
	(void)number;
	(void)what;
	end(ctx,
	    "told to end; what is closed stays closed until cygnetd runs or 'cygnetd --release'");
}

/* --- its life */

/* Nothing of the file stays in memory but the names and how XDP is attached. */
static int read_names(struct lock *l, const char *file, struct error *e)
{
	struct config *config;
	int err = conf_load(file, &config, e);

	if (err)
		return err;
	for (size_t i = 0; i < config->gateway.n_ifaces; i++) {
		const struct iface_conf *conf = &config->gateway.ifaces[i];

		if (conf->role == IFACE_UNPROTECTED)
			memcpy(l->doors[l->n_doors++].name, conf->name,
			       sizeof(conf->name));
	}
	l->xdp = config->gateway.xdp;
	l->xdp_priority = config->gateway.xdp_priority;
	config_free(config);
	return 0;
}

static int watch_links(struct lock *l)
{
	const struct sockaddr_nl groups = { .nl_family = AF_NETLINK,
					    .nl_groups = RTMGRP_LINK |
							 RTMGRP_IPV4_IFADDR |
							 RTMGRP_IPV6_IFADDR };

	l->link_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			    NETLINK_ROUTE);
	if (l->link_fd < 0 ||
	    bind(l->link_fd, (const struct sockaddr *)&groups, sizeof(groups)))
		return -errno;
	return 0;
}

static int add_events(struct lock *l)
{
	const struct timeval second = { .tv_sec = 1 };

	l->base = event_base_new();
	if (!l->base)
		return -ENOMEM;
	l->on_link = event_new(l->base, l->link_fd, EV_READ | EV_PERSIST,
			       on_link, l);
	l->on_second = event_new(l->base, -1, EV_PERSIST, on_second, l);
	l->on_term = evsignal_new(l->base, SIGTERM, on_signal, l);
	l->on_int = evsignal_new(l->base, SIGINT, on_signal, l);
	if (!l->on_link || !l->on_second || !l->on_term || !l->on_int ||
	    event_add(l->on_link, NULL) || event_add(l->on_second, &second) ||
	    event_add(l->on_term, NULL) || event_add(l->on_int, NULL))
		return -ENOMEM;
	return 0;
}

/* So that what it drops is what no policy lets pass. */
static int set_no_policies(struct lock *l, struct error *e)
{
	struct spd_image none = { NULL, 0 };
	int err = classify_compile(NULL, 0, 1, &none);

	if (!err)
		err = programs_set_policies(l->programs, &none);
	image_free(&none);
	return err ? error_set(e, err, "cannot set a list of no policies: %s",
			       strerror(-err))
		   : 0;
}

static int start(struct lock *l, const char *file, struct error *e)
{
	struct programs_spec closed = { .default_action = SPD_DISCARD };
	int err = read_names(l, file, e);

	if (err)
		return err;
	closed.seated = l->xdp == XDP_DISPATCHER;
	err = watch_links(l); /* before the first look: nothing is missed */
	if (!err)
		err = add_events(l);
	if (err)
		return error_set(e, err, "cannot watch interfaces: %s",
				 strerror(-err));
	programs_log_libbpf();
	err = programs_load(&closed, &l->programs, e);
	if (!err)
		err = set_no_policies(l, e);
	if (err)
		return err;
	err = nl_new(&l->nl);
	if (err)
		return error_set(e, err, "cannot reach the kernel's routing: %s",
				 strerror(-err));
	look_at_addresses(l);
	err = look(l, e);
	return err < 0 ? err : 0;
}

static void stop(struct lock *l)
{
	struct event *const events[] = { l->on_link, l->on_second, l->on_term,
					 l->on_int };

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	if (l->base)
		event_base_free(l->base);
	if (l->link_fd >= 0)
		close(l->link_fd);
	locals_fini(&l->locals);
	nl_free(l->nl);
	programs_free(l->programs);
}

int lock_role(const char *file, struct error *e)
{
	struct lock l = { .link_fd = -1 };
	int err = start(&l, file, e);

	l.up = !err;
	if (l.up) {
		notify_ready();
		log_info("lock: up version=" CYG_VERSION " interfaces=%zu",
			 l.n_doors);
	}
	if (!err && event_base_dispatch(l.base) < 0)
		err = error_set(e, -EIO, "the event loop failed: %s",
				strerror(errno));
	stop(&l);
	return err;
}
