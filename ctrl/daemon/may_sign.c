// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/may_sign.h"

#include <string.h>

#include "ctrl/wire/ike.h"

#define ID_HEAD	   4 /* type and three octets that are 0, RFC 7296 section 3.5 */
#define MESSAGE_ID 4 /* octets, behind both sides' IntAuth, RFC 9242 */

/* --- what is signed */

/* Each side's first message, and hence one of IKE_SA_INIT (section 1.2). */
static bool is_first_header(const struct ike_header *h)
{
	bool response = h->flags & IKE_FLAG_R;

	return h->version == IKE_VERSION &&
	       h->exchange == IKE_EXCH_IKE_SA_INIT && !h->message_id &&
	       h->spi_i && h->flags == (response ? IKE_FLAG_R : IKE_FLAG_I) &&
	       (h->spi_r != 0) == response;
}

static bool is_first_message(struct slice message)
{
	struct ike_payloads p;
	struct ike_header h;

	return ike_header_parse(message, &h) && is_first_header(&h) &&
	       ike_payloads_parse(slice_of(message.ptr + IKE_HEADER_BYTES,
					   message.len - IKE_HEADER_BYTES),
				  h.next_payload, IKE_PART_CLEAR,
				  &p) == IKE_PARSE_OK &&
	       ike_count(&p, IKE_PL_SA) == 1 && ike_count(&p, IKE_PL_KE) == 1 &&
	       ike_count(&p, IKE_PL_NONCE) == 1;
}

static bool is_exchange(const struct keystore_request *q)
{
	const struct prf_alg *prf = prf_by_id(q->prf);

	return is_first_message(slice_of(q->message, q->message_len)) &&
	       q->nonce_len >= IKE_NONCE_MIN_BYTES &&
	       (!q->int_auth_len ||
		q->int_auth_len == 2 * prf->out_bytes + MESSAGE_ID);
}

/* --- who signs */

static bool is_body_of(const struct keystore_request *q)
{
	const uint8_t head[ID_HEAD] = { q->local.type };

	return q->id_len == ID_HEAD + q->local.len &&
	       memcmp(q->id_body, head, ID_HEAD) == 0 &&
	       memcmp(q->id_body + ID_HEAD, q->local.octets, q->local.len) == 0;
}

static bool has_key(const struct auth_conf *a, const struct cert_keys *certs,
		    const struct fingerprint *key, const struct identity *local)
{
	struct fingerprint print;

	if (!a->n_pubkeys && !a->n_certs)
		return certs->is_of && certs->is_of(certs->ctx, key, local);

	for (size_t i = 0; i < a->n_pubkeys; i++)
		if (fingerprint_equal(&a->pubkeys[i], key))
			return true;
	for (size_t i = 0; certs->find && i < a->n_certs; i++)
		if (certs->find(certs->ctx, &a->certs[i], &print) &&
		    fingerprint_equal(&print, key))
			return true;
	return false;
}

/* A side without an identity has the one that is its certificate's. */
static bool is_side(const struct identity *conf, const struct identity *local)
{
	return !conf->type || identity_match(conf, local);
}

static bool may_in(const struct conn_conf *conn, size_t round,
		   const struct cert_keys *certs,
		   const struct keystore_request *q,
		   const struct sign_scheme *scheme,
		   const struct public_key *key)
{
	const struct auth_conf *a = conn_auth(conn, CONN_LOCAL, round);

	return a->by == AUTH_BY_PUBKEY &&
	       is_side(conn_id(conn, CONN_LOCAL, round), &q->local) &&
	       sign_rules_scheme(a->rules.ike, scheme) &&
	       sign_rules_key(&a->rules, public_key_type(key),
			      public_key_bits(key)) &&
	       has_key(a, certs, &q->key, &q->local);
}

bool may_sign(const struct conn_conf *conns, size_t n,
	      const struct cert_keys *certs, const struct keystore_request *q,
	      const struct public_key *key)
{
	const struct sign_scheme *scheme = sign_by_id(q->scheme);
	bool may = false;

	if (!public_key_fits(key, scheme) || !is_body_of(q) || !is_exchange(q))
		return false;
	for (size_t i = 0; i < n && !may; i++)
		for (size_t k = 0; k < conn_rounds(&conns[i], CONN_LOCAL); k++)
			may |= may_in(&conns[i], k, certs, q, scheme, key);
	return may;
}
