// SPDX-License-Identifier: BSD-2-Clause
/* Certificates: those of the file and of VICI together, for clients and for ike. */
#include "ctrl/base/log.h"
#include "ctrl/daemon/certs.h"
#include "ctrl/daemon/conn_message.h"
#include "ctrl/daemon/ctl_state.h"

static int on_load(void *ctx, enum cert_kind kind, struct slice octets,
		   struct error *e)
{
	struct ctl *c = ctx;

	return certs_load(c->certs, c->config, kind, octets, e);
}

static void on_clear(void *ctx)
{
	struct ctl *c = ctx;

	certs_clear(c->certs);
}

static int on_load_authority(void *ctx, struct slice message, struct error *e)
{
	struct cert_list certs = { .n = 0 };
	struct authority authority;
	struct ctl *c = ctx;
	int err = authority_message_read(message, &authority, &certs, e);

	if (!err)
		err = certs_put(c->certs, c->config, &certs, e);
	if (!err)
		err = certs_put_authority(c->certs, c->config, &authority, e);
	cert_list_free(&certs);
	if (!err)
		log_info("daemon: loaded authority=%s", authority.name);
	return err;
}

static int on_unload_authority(void *ctx, const char *name, struct error *e)
{
	struct ctl *c = ctx;
	int err = certs_drop_authority(c->certs, name, e);

	if (err)
		return err;
	log_info("daemon: unloaded authority=%s", name);
	ctl_keep_certs(c);
	return 0;
}

static const struct cert_conf *on_next(void *ctx, size_t *at)
{
	const struct ctl *c = ctx;

	return certs_next(c->certs, c->config, at);
}

static const struct authority *on_next_authority(void *ctx, size_t *at)
{
	const struct ctl *c = ctx;

	return certs_next_authority(c->certs, c->config, at);
}

static const struct cert_conf *on_find(void *ctx, enum cert_kind kind,
				       const struct fingerprint *name)
{
	const struct ctl *c = ctx;

	return certs_find(c->certs, c->config, kind, name);
}

struct control_certs ctl_control_certs(struct ctl *c)
{
	return (struct control_certs){
		.load = on_load,
		.clear = on_clear,
		.load_authority = on_load_authority,
		.unload_authority = on_unload_authority,
		.next = on_next,
		.next_authority = on_next_authority,
		.find = on_find,
		.ctx = c,
	};
}

int ctl_put_certs(void *ctx, const struct cert_list *named, struct error *e)
{
	struct ctl *c = ctx;

	return certs_put(c->certs, c->config, named, e);
}

/* While a change is under way, more than what is in force may name them. */
void ctl_keep_certs(struct ctl *c)
{
	if (apply_is_settled(c->apply))
		certs_keep(c->certs, c->config->conns, c->config->n_conns);
}
