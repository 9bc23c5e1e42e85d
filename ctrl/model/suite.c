// SPDX-License-Identifier: BSD-2-Clause
/*
 * What they say of a CHILD SA's key exchange is that one may be made, of the IKE
 * SA's group: PFS, or none.
 */
#include "ctrl/model/suite.h"

#include <strings.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* RFC 4308 sections 2.1 and 2.2, RFC 6379 sections 3.1 to 3.4. */
static const struct suite suites[] = {
	{ "vpn-a", "3des-sha1-modp1024", "3des-sha1-modp1024-none",
	  "RFC 4308 section 2.1" },
	{ "vpn-b", "aes128-aesxcbc-modp2048", "aes128-aesxcbc-modp2048-none",
	  "RFC 4308 section 2.2" },
	{ "suite-b-gcm-128", "aes128-sha256-ecp256", "aes128gcm16-ecp256-none",
	  "RFC 6379 section 3.1" },
	{ "suite-b-gcm-256", "aes256-sha384-ecp384", "aes256gcm16-ecp384-none",
	  "RFC 6379 section 3.2" },
	{ "suite-b-gmac-128", "aes128-sha256-ecp256", "aes128gmac-ecp256-none",
	  "RFC 6379 section 3.3" },
	{ "suite-b-gmac-256", "aes256-sha384-ecp384", "aes256gmac-ecp384-none",
	  "RFC 6379 section 3.4" },
};

const struct suite *suite_at(size_t i)
{
	return i < ARRAY_LEN(suites) ? &suites[i] : NULL;
}

const struct suite *suite_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(suites); i++)
		if (strcasecmp(suites[i].name, name) == 0)
			return &suites[i];
	return NULL;
}

void suite_proposals(const struct suite *s, enum ike_protocol protocol,
		     struct proposals *out)
{
	const char *text = protocol == IKE_PROTO_IKE ? s->ike : s->esp;
	struct error e;

	*out = (struct proposals){ .n = 0 };
	if (proposal_parse(text, protocol, &out->at[0], &e) == 0)
		out->n = 1;
}
