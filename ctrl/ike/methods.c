// SPDX-License-Identifier: BSD-2-Clause
/*
 * Announcements (RFC 9593 section 3.2) are of two octets, or more where a method
 * has a certificate's authority or an algorithm with it:
 *
 *     | Length >= 2   |  Auth Method  | [Cert Link, AlgorithmIdentifier] |
 *
 * What a peer said is a set of bits: that of a method's number, and bit 0 for
 * having said anything.
 */
#include "ctrl/ike/methods.h"

#include <stdio.h>

#include "ctrl/ike/proof.h"

#define SAID	      1U
#define BITS	      32U
#define BYTES_MIN     2U
#define LINK_BYTES    1U
#define ANNOUNCED_MAX 512U

/* A pre-shared key has nothing behind it; a signature any authority (0), and those of
 * RFC 7427 their algorithm (sections 3.2.1 to 3.2.3). */
static void announce(struct builder *b, uint8_t method, struct slice alg)
{
	bool signs = method != IKE_AUTH_PSK;

	wr_u8(b, (uint8_t)(BYTES_MIN + (signs ? LINK_BYTES : 0) + alg.len));
	wr_u8(b, method);
	if (signs)
		wr_u8(b, 0);
	wr_bytes(b, alg.ptr, alg.len);
}

static void announce_signatures(struct builder *b, const struct auth_conf *peer)
{
	const struct sign_scheme *s;

	for (size_t i = 0; (s = sign_at(i)); i++) {
		if (!sign_rules_scheme(peer->rules.ike, s))
			continue;
		if (s->alg_bytes)
			announce(b, IKE_AUTH_SIGNATURE,
				 slice_of(s->alg, s->alg_bytes));
		if (s->method != IKE_AUTH_SIGNATURE)
			announce(b, (uint8_t)s->method, slice_of(NULL, 0));
	}
}

static void announce_all(struct builder *b, const struct auth_conf *peer)
{
	if (peer->by == AUTH_BY_PUBKEY)
		announce_signatures(b, peer);
	else
		announce(b, IKE_AUTH_PSK, slice_of(NULL, 0));
}

/*
 * Who the peer is a responder does not know yet, and what it sends to a stranger is to
 * be short: with creds it speaks only for a section that names schemes; else hash
 * algorithms say enough.
 */
static bool is_to_be_said(const struct ike_sa *sa, const struct auth_conf *peer)
{
	if (sa->initiator || !sa->e->creds)
		return true;
	return peer->by == AUTH_BY_PUBKEY && peer->rules.ike;
}

void methods_put(const struct ike_sa *sa, struct ike_builder *m)
{
	const struct conn_conf *c = &sa->conn->conf;
	uint8_t octets[ANNOUNCED_MAX];
	struct builder b = wr_init(octets, sizeof(octets));

	if (!is_to_be_said(sa, &c->remote_auth))
		return;
	for (size_t i = 0; i < conn_rounds(c, CONN_REMOTE); i++)
		announce_all(&b, conn_auth(c, CONN_REMOTE, i));
	if (wr_ok(&b))
		ike_notify_put(m, &(const struct ike_notify){
					  .type = IKE_N_SUPPORTED_AUTH_METHODS,
					  .data = slice_of(octets, b.len),
				  });
}

void methods_take(struct ike_sa *sa, const struct ike_payloads *p)
{
	uint32_t methods = SAID;
	uint8_t bytes, method;
	struct ike_notify n;
	struct slice rest;

	if (!ike_find_notify(p, IKE_N_SUPPORTED_AUTH_METHODS, &n))
		return;
	while (rd_u8(&n.data, &bytes)) {
		if (bytes < BYTES_MIN || !rd_u8(&n.data, &method) ||
		    !rd_slice(&n.data, bytes - BYTES_MIN, &rest))
			return; /* no list: it is as if there were none */
		if (method < BITS)
			methods |= 1U << method;
	}
	sa->peer_methods = methods;
}

static const char *name_of(unsigned int method)
{
#define X(id, value, name) { (value), (name) },
	static const struct {
		unsigned int method;
		const char *name;
	} names[] = { IKE_AUTHS(X) };
#undef X

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].method == method)
			return names[i].name;
	return NULL;
}

/* Nothing but that there is a list says that it comes in IKE_INTERMEDIATE. */
static bool takes_psk(uint32_t methods)
{
	return !(methods & ~SAID) || (methods & 1U << IKE_AUTH_PSK);
}

static void put_names(uint32_t methods, char out[METHODS_STR_MAX])
{
	size_t len = 0;

	for (unsigned int i = 1; i < BITS; i++) {
		const char *name = name_of(i);

		if (!(methods & 1U << i))
			continue;
		if (name)
			len += (size_t)snprintf(out + len, METHODS_STR_MAX - len,
						" %s", name);
		else
			len += (size_t)snprintf(out + len,
						METHODS_STR_MAX - len, " %u", i);
	}
}

const char *methods_refusal(const struct ike_sa *sa, char text[METHODS_STR_MAX])
{
	char names[METHODS_STR_MAX] = "";

	if (proof_we_sign(sa))
		return "the peer refuses our authentication: compare the identities of both sides, and look whether the peer has the CA of our certificate";
	if (takes_psk(sa->peer_methods))
		return "the peer refuses our authentication: compare the pre-shared keys and the identities of both sides";
	put_names(sa->peer_methods, names);
	snprintf(text, METHODS_STR_MAX,
		 "the peer refuses our authentication, takes no pre-shared key: only%.160s",
		 names);
	return text;
}
