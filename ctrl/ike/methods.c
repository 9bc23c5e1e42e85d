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

#define SAID	  1U
#define BITS	  32U
#define BYTES_MIN 2U

/* The peer may prove itself by these, which it hears in this order. */
static const uint8_t ours[] = { IKE_AUTH_PSK };

void methods_put(struct ike_builder *m)
{
	uint8_t octets[BYTES_MIN * sizeof(ours)];
	struct builder b = wr_init(octets, sizeof(octets));

	for (size_t i = 0; i < sizeof(ours); i++) {
		wr_u8(&b, BYTES_MIN);
		wr_u8(&b, ours[i]);
	}
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

	if (takes_psk(sa->peer_methods))
		return "the peer refuses our authentication: compare the pre-shared keys and the identities of both sides";
	put_names(sa->peer_methods, names);
	snprintf(text, METHODS_STR_MAX,
		 "the peer refuses our authentication, takes no pre-shared key: only%.160s",
		 names);
	return text;
}
