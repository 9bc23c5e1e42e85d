// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/may_sign.h"

#include <string.h>

#define ID_HEAD 4 /* type and three octets that are 0, RFC 7296 section 3.5 */

static bool is_body_of(const struct keystore_request *q)
{
	const uint8_t head[ID_HEAD] = { q->local.type };

	return q->id_len == ID_HEAD + q->local.len &&
	       memcmp(q->id_body, head, ID_HEAD) == 0 &&
	       memcmp(q->id_body + ID_HEAD, q->local.octets, q->local.len) == 0;
}

static bool names_key(const struct auth_conf *a, const struct cert_keys *certs,
		      const struct fingerprint *key)
{
	struct fingerprint print;

	for (size_t i = 0; i < a->n_pubkeys; i++)
		if (fingerprint_equal(&a->pubkeys[i], key))
			return true;
	for (size_t i = 0; certs->find && i < a->n_certs; i++)
		if (certs->find(certs->ctx, &a->certs[i], &print) &&
		    fingerprint_equal(&print, key))
			return true;
	return !a->n_pubkeys && !a->n_certs;
}

/* A side without an identity has the one that is its certificate's. */
static bool is_side(const struct conn_conf *conn, const struct identity *local)
{
	return !conn->local_id.type || identity_match(&conn->local_id, local);
}

bool may_sign(const struct conn_conf *conns, size_t n,
	      const struct cert_keys *certs, const struct keystore_request *q,
	      const struct public_key *key)
{
	const struct sign_scheme *scheme = sign_by_id(q->scheme);
	bool may = false;

	if (!public_key_fits(key, scheme) || !is_body_of(q))
		return false;
	for (size_t i = 0; i < n && !may; i++) {
		const struct auth_conf *a = &conns[i].local_auth;

		may = a->by == AUTH_BY_PUBKEY && is_side(&conns[i], &q->local) &&
		      sign_rules_scheme(a->rules.ike, scheme) &&
		      sign_rules_key(&a->rules, public_key_type(key),
				     public_key_bits(key)) &&
		      names_key(a, certs, &q->key);
	}
	return may;
}
