// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/names.h"

#include <string.h>

struct slice names_octets(const ASN1_STRING *s)
{
	if (!s)
		return slice_of(NULL, 0);
	return slice_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

struct slice names_der(const X509_NAME *name)
{
	const uint8_t *der;
	size_t len;

	if (X509_NAME_get0_der(name, &der, &len) != 1)
		return slice_of(NULL, 0);
	return slice_of(der, X509_NAME_entry_count(name) ? len : 0);
}

X509_NAME *names_x509(struct slice der)
{
	const uint8_t *at = der.ptr;
	X509_NAME *name;

	if (!der.len)
		return X509_NAME_new();
	name = d2i_X509_NAME(NULL, &at, (long)der.len);
	if (name && at == der.ptr + der.len)
		return name;
	X509_NAME_free(name);
	return NULL;
}

static bool set_octets(struct identity *id, uint8_t type, struct slice octets)
{
	if (!octets.len || octets.len > IKE_ID_MAX)
		return false;
	*id = (struct identity){ .type = type, .len = (uint16_t)octets.len };
	memcpy(id->octets, octets.ptr, octets.len);
	return true;
}

bool names_identity(const GENERAL_NAME *name, struct identity *out)
{
	struct slice octets;

	switch (name->type) {
	case GEN_DNS:
		return set_octets(out, IKE_ID_FQDN,
				  names_octets(name->d.dNSName));
	case GEN_EMAIL:
		return set_octets(out, IKE_ID_RFC822_ADDR,
				  names_octets(name->d.rfc822Name));
	case GEN_DIRNAME:
		return set_octets(out, IKE_ID_DER_ASN1_DN,
				  names_der(name->d.directoryName));
	case GEN_IPADD:
		octets = names_octets(name->d.iPAddress);
		if (octets.len != 4 && octets.len != 16)
			return false;
		return set_octets(out,
				  octets.len == 4 ? IKE_ID_IPV4_ADDR
						  : IKE_ID_IPV6_ADDR,
				  octets);
	}
	return false;
}

static ASN1_STRING *string_of(int type, const struct identity *id)
{
	ASN1_STRING *s = ASN1_STRING_type_new(type);

	if (s && ASN1_STRING_set(s, id->octets, id->len) == 1)
		return s;
	ASN1_STRING_free(s);
	return NULL;
}

/* Its value is handed over; NULL: there is none. */
static GENERAL_NAME *general_of(int type, void *value)
{
	GENERAL_NAME *name = value ? GENERAL_NAME_new() : NULL;

	if (name)
		GENERAL_NAME_set0_value(name, type, value);
	return name;
}

GENERAL_NAME *names_general(const struct identity *id)
{
	switch (id->type) {
	case IKE_ID_FQDN:
		return general_of(GEN_DNS, string_of(V_ASN1_IA5STRING, id));
	case IKE_ID_RFC822_ADDR:
		return general_of(GEN_EMAIL, string_of(V_ASN1_IA5STRING, id));
	case IKE_ID_IPV4_ADDR:
	case IKE_ID_IPV6_ADDR:
		return general_of(GEN_IPADD, string_of(V_ASN1_OCTET_STRING, id));
	case IKE_ID_DER_ASN1_DN:
		return general_of(GEN_DIRNAME,
				  names_x509(slice_of(id->octets, id->len)));
	}
	return NULL;
}

GENERAL_NAMES *names_all(const struct identity *ids, size_t n)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *one;

	for (size_t i = 0; names && i < n; i++) {
		one = names_general(&ids[i]);
		if (one && sk_GENERAL_NAME_push(names, one) > 0)
			continue;
		GENERAL_NAME_free(one);
		GENERAL_NAMES_free(names);
		return NULL;
	}
	return names;
}

GENERAL_NAME *names_uri(const char *uri)
{
	ASN1_STRING *s = ASN1_STRING_type_new(V_ASN1_IA5STRING);

	if (s && ASN1_STRING_set(s, uri, -1) != 1) {
		ASN1_STRING_free(s);
		s = NULL;
	}
	return general_of(GEN_URI, s);
}
