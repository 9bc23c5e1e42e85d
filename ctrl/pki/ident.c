// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/ident.h"

#include <string.h>

#include "ctrl/crypto/hash.h"

static struct slice octets_of(const struct identity *id)
{
	return slice_of(id->octets, id->len);
}

static bool same_octets(struct slice a, struct slice b)
{
	return a.len && a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static bool is_key(const struct certificate *c, struct slice id)
{
	uint8_t sha1[HASH_SHA1_BYTES];

	return same_octets(c->skid, id) ||
	       (hash_sha1(public_key_spki(c->key), sha1) &&
		same_octets(slice_of(sha1, sizeof(sha1)), id));
}

bool ident_is(const struct certificate *c, const struct identity *id)
{
	if (id->type == IKE_ID_KEY_ID)
		return is_key(c, octets_of(id));
	if (id->type == IKE_ID_DER_ASN1_DN && dn_equal(c->subject, octets_of(id)))
		return true;
	for (size_t i = 0; i < c->n_sans; i++)
		if (identity_equal(&c->sans[i], id))
			return true;
	return false;
}

static bool match_dn(const struct certificate *c, struct slice conf,
		     enum rdn_matching how)
{
	if (dn_match(conf, c->subject, how))
		return true;
	for (size_t i = 0; i < c->n_sans; i++)
		if (c->sans[i].type == IKE_ID_DER_ASN1_DN &&
		    dn_match(conf, octets_of(&c->sans[i]), how))
			return true;
	return false;
}

bool ident_match(const struct certificate *c, const struct identity *conf,
		 enum rdn_matching how)
{
	if (!conf->type)
		return true;
	if (conf->type == IKE_ID_KEY_ID)
		return is_key(c, octets_of(conf));
	if (conf->type == IKE_ID_DER_ASN1_DN)
		return match_dn(c, octets_of(conf), how);
	for (size_t i = 0; i < c->n_sans; i++)
		if (identity_match(conf, &c->sans[i]))
			return true;
	return false;
}

bool ident_of(const struct certificate *c, struct identity *out)
{
	if (!c->subject.len && c->n_sans) {
		*out = c->sans[0];
		return true;
	}
	if (!c->subject.len || c->subject.len > IKE_ID_MAX)
		return false;
	*out = (struct identity){ .type = IKE_ID_DER_ASN1_DN,
				  .len = (uint16_t)c->subject.len };
	memcpy(out->octets, c->subject.ptr, c->subject.len);
	return true;
}
