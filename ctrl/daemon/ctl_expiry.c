// SPDX-License-Identifier: BSD-2-Clause
/* Certificates that end: told of when they come, and once a day. */
#include <time.h>

#include "ctrl/base/log.h"
#include "ctrl/daemon/ctl_state.h"

#define DAY_S 86400

static void tell(const char *line, bool is_over)
{
	if (is_over)
		log_error("daemon: %s", line);
	else
		log_warn("daemon: %s", line);
}

/* As ike has it; see cred_kind.h. */
static bool is_own(void *ctx, const struct cert_conf *cert)
{
	struct ctl *c = ctx;

	return cert->kind != CERT_OCSP &&
	       cred_is_ours(cert, ctl_key_of(c, cert), c->config->conns,
			    c->config->n_conns);
}

static struct expiry_source source(struct ctl *c)
{
	return (struct expiry_source){
		.certs = c->certs, .file = c->config, .is_own = is_own, .ctx = c
	};
}

void ctl_tell_expiry(const struct config *file)
{
	for (size_t i = 0; i < file->certs.n; i++)
		expiries_tell_of(&file->certs.at[i], time(NULL), tell);
}

void ctl_expiry_changed(struct ctl *c)
{
	const struct expiry_source from = source(c);

	if (expiries_fill(&c->expiries, &from, time(NULL), tell))
		log_error("daemon: no memory for when certificates end");
}

static void on_day(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval day = { .tv_sec = DAY_S };
	struct ctl *c = ctx;
	const struct expiry_source from = source(c);

	(void)fd;
	(void)what;
	expiries_tell(&from, time(NULL), tell);
	evtimer_add(&c->on_day, &day);
}

void ctl_expiry_start(struct ctl *c)
{
	const struct timeval day = { .tv_sec = DAY_S };

	evtimer_assign(&c->on_day, c->base, on_day, c);
	evtimer_add(&c->on_day, &day);
	ctl_expiry_changed(c);
}

void ctl_expiry_stop(struct ctl *c)
{
	expiries_free(&c->expiries);
}
