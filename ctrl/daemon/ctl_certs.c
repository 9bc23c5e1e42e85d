// SPDX-License-Identifier: BSD-2-Clause
/* Certificates: those of the file and of VICI together, for clients and for ike. */
#include "ctrl/base/log.h"
#include "ctrl/daemon/certs.h"
#include "ctrl/daemon/conn_message.h"
#include "ctrl/daemon/cred_kind.h"
#include "ctrl/daemon/ctl_state.h"
#include "ctrl/pki/ident.h"

static int on_load(void *ctx, enum cert_kind kind, struct slice octets,
		   struct error *e)
{
	struct ctl *c = ctx;
	int err = certs_load(c->certs, c->config, kind, octets, e);

	if (!err)
		ctl_certs_changed(c);
	return err;
}

static void on_clear(void *ctx)
{
	struct ctl *c = ctx;

	certs_clear(c->certs);
	ctl_certs_changed(c);
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
	if (err)
		return err;
	log_info("daemon: loaded authority=%s", authority.name);
	ctl_certs_changed(c);
	return 0;
}

static int on_unload_authority(void *ctx, const char *name, struct error *e)
{
	struct ctl *c = ctx;
	int err = certs_drop_authority(c->certs, name, e);

	if (err)
		return err;
	log_info("daemon: unloaded authority=%s", name);
	ctl_certs_changed(c);
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

static bool has_key(void *ctx, const struct fingerprint *key)
{
	const struct ctl *c = ctx;

	return sign_keys_have(c->keys, key);
}

static void on_keys(void *ctx)
{
	ctl_certs_changed(ctx);
}

/* Which certificates are ours changes with them. */
void ctl_watch_keys(struct ctl *c)
{
	sign_keys_watch(c->keys, on_keys, c);
}

struct control_certs ctl_control_certs(struct ctl *c)
{
	return (struct control_certs){
		.load = on_load,
		.clear = on_clear,
		.flush = ctl_flush_fetched,
		.load_authority = on_load_authority,
		.unload_authority = on_unload_authority,
		.next = on_next,
		.next_authority = on_next_authority,
		.find = on_find,
		.has_key = has_key,
		.ctx = c,
	};
}

int ctl_put_certs(void *ctx, const struct cert_list *named, struct error *e)
{
	struct ctl *c = ctx;
	int err = certs_put(c->certs, c->config, named, e);

	if (!err)
		ctl_certs_changed(c);
	return err;
}

/* While a change is under way, more than what is in force may name them. */
void ctl_keep_certs(struct ctl *c)
{
	if (apply_is_settled(c->apply) &&
	    certs_keep(c->certs, c->config->conns, c->config->n_conns))
		ctl_certs_changed(c);
}

/* --- for ike --- */

#define GATHER_US 20000

static void on_certs(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	ctl_send_certs(ctx);
}

/* Clients load them one by one, and it gets all or none. */
void ctl_certs_changed(struct ctl *c)
{
	const struct timeval after = { .tv_usec = GATHER_US };

	if (!evtimer_initialized(&c->on_certs))
		evtimer_assign(&c->on_certs, c->base, on_certs, c);
	c->certs_differ = true;
	ctl_fetches_reload(c);
	evtimer_add(&c->on_certs, &after);
}

void ctl_send_certs(struct ctl *c)
{
	if (!c->certs_differ && c->sent_certs == c->config->certs.at)
		return;
	if (c->sent_certs != c->config->certs.at)
		ctl_tell_expiry(c->config);
	ctl_fetches_reload(c);
	c->certs_differ = false;
	c->sent_certs = c->config->certs.at;
	ctl_expiry_changed(c);
	if (c->ike)
		ike_link_put_creds(c->ike);
}

enum key_of_cert ctl_key_of(struct ctl *c, const struct cert_conf *cert)
{
	if (has_key(c, &cert->key))
		return KEY_HERE;
	return sign_keys_had(c->keys, &cert->key) ? KEY_GONE : KEY_NEVER_HERE;
}

#define AUTHORITIES (SIZE_MAX / 2 + 1) /* of ctl_next_cred(): they come then */

/* Which of what an authority knows, if it does. */
static bool has_address(struct ctl *c, const struct authority *a, size_t which,
			enum cred_kind *kind, struct slice *octets)
{
	size_t bytes = sizeof(a->ca.octets), more;

	*octets = slice_of(a->ca.octets, bytes);
	switch (which) {
	case 0:
		*kind = CRED_CRL_AT;
		return a->crl_uris.n;
	case 1:
		*kind = CRED_OCSP_AT;
		return a->ocsp_uris.n;
	default:
		*kind = CRED_CERTS_AT;
		more = strlen(a->cert_uri_base);
		memcpy(c->certs_at, a->ca.octets, bytes);
		memcpy(c->certs_at + bytes, a->cert_uri_base, more);
		*octets = slice_of(c->certs_at, bytes + more);
		return more;
	}
}

/* Of each authority it is asked three times: for CRLs, for OCSP, and for its
 * certificates. */
static bool next_address(struct ctl *c, size_t *at, enum cred_kind *kind,
			 struct slice *octets)
{
	const struct authority *a;
	size_t i = *at - AUTHORITIES, next = i / 3;

	while ((a = certs_next_authority(c->certs, c->config, &next))) {
		size_t which = i % 3;

		i = 3 * (next - 1) + which + 1;
		*at = AUTHORITIES + i;
		if (has_address(c, a, which, kind, octets))
			return true;
		next = i / 3;
	}
	return false;
}

bool ctl_next_cred(void *ctx, size_t *at, enum cred_kind *kind,
		   struct slice *octets)
{
	const struct cert_conf *cert;
	struct ctl *c = ctx;

	while (*at < AUTHORITIES && (cert = certs_next(c->certs, c->config, at)))
		if (cred_kind_of(cert, ctl_key_of(c, cert), c->config->conns,
				 c->config->n_conns, kind)) {
			*octets = cert->octets;
			return true;
		}
	if (*at < AUTHORITIES)
		*at = AUTHORITIES;
	return next_address(c, at, kind, octets);
}

static bool find_key(void *ctx, const struct fingerprint *certificate,
		     struct fingerprint *key)
{
	const struct ctl *c = ctx;
	const struct cert_conf *cert =
		certs_find(c->certs, c->config, CERT_X509, certificate);

	if (cert)
		*key = cert->key;
	return cert;
}

static bool is_of(const struct cert_conf *cert, const struct identity *id)
{
	struct certificate *c;
	struct error e;
	bool is;

	if (certificate_read(cert->octets, &c, &e))
		return false;
	is = ident_is(c, id);
	certificate_free(c);
	return is;
}

static bool has_cert_of(void *ctx, const struct fingerprint *key,
			const struct identity *id)
{
	const struct cert_conf *cert;
	struct ctl *c = ctx;
	size_t at = 0;

	while ((cert = certs_next_of_key(c->certs, c->config, key, &at)))
		if (!cert->is_ca && is_of(cert, id))
			return true;
	return false;
}

struct cert_keys ctl_cert_keys(struct ctl *c)
{
	return (struct cert_keys){ .find = find_key,
				   .is_of = has_cert_of,
				   .ctx = c };
}
