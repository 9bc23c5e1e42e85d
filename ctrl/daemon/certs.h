/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates, CRLs, raw public keys and authorities that came over VICI, beside those
 * of the file, which the configuration has. What load-cert brought is there until
 * clear-creds; what a connection or an authority brought with itself, as long as one of
 * them names it. Control thread.
 */
#ifndef CYG_DAEMON_CERTS_H
#define CYG_DAEMON_CERTS_H

#include "ctrl/model/config.h"

struct certs;

/* NULL: out of memory. certs_free(NULL) is fine. */
struct certs *certs_new(void);
void certs_free(struct certs *c);

/*
 * What is in the octets, DER or PEM; see cert_read().
 *
 * file   the configuration: of all together there are CERTS_MAX at most
 *
 * 0, or negative with e filled.
 */
int certs_load(struct certs *c, const struct config *file, enum cert_kind kind,
	       struct slice octets, struct error *e);

/* What a connection or an authority has with it; likewise. */
int certs_put(struct certs *c, const struct config *file,
	      const struct cert_list *named, struct error *e);

/* Of load-cert none is left. */
void certs_clear(struct certs *c);

/* What was put, and neither one of these connections nor an authority names any more,
 * goes. false: there was none of that. */
bool certs_keep(struct certs *c, const struct conn_conf *conns, size_t n);

/*
 * Those of the file, and then all others, each of a kind once. at is where to go on, 0 at
 * first. NULL: no more; borrowed until anything changes.
 */
const struct cert_conf *certs_next(const struct certs *c,
				   const struct config *file, size_t *at);

/* X.509 certificates of that key, in the same way; one may come twice. */
const struct cert_conf *certs_next_of_key(const struct certs *c,
					  const struct config *file,
					  const struct fingerprint *key,
					  size_t *at);

/* Of that kind and name, wherever it came from; NULL: there is none. */
const struct cert_conf *certs_find(const struct certs *c,
				   const struct config *file,
				   enum cert_kind kind,
				   const struct fingerprint *fingerprint);

/*
 * One more, or another one in the place of the one that has its name; its certificate was
 * put before.
 *
 * 0, or negative with e filled: -EEXIST (the file has that name), -E2BIG, -ENOMEM.
 */
int certs_put_authority(struct certs *c, const struct config *file,
			const struct authority *a, struct error *e);

/* -ENOENT with e filled: none of that name came over VICI. */
int certs_drop_authority(struct certs *c, const char *name, struct error *e);

/* As certs_next(). */
const struct authority *certs_next_authority(const struct certs *c,
					     const struct config *file,
					     size_t *at);

#endif
