// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/auth.h"

#include <string.h>

bool fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b)
{
	return memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

static bool fingerprints_equal(const struct fingerprint *a, size_t n_a,
			       const struct fingerprint *b, size_t n_b)
{
	bool equal = n_a == n_b;

	for (size_t i = 0; equal && i < n_a; i++)
		equal = fingerprint_equal(&a[i], &b[i]);
	return equal;
}

static bool rules_equal(const struct sign_rules *a, const struct sign_rules *b)
{
	return a->keys == b->keys && a->rsa_bits == b->rsa_bits &&
	       a->ecdsa_bits == b->ecdsa_bits && a->chain == b->chain &&
	       a->ike == b->ike;
}

static bool policies_equal(const struct auth_conf *a, const struct auth_conf *b)
{
	bool equal = a->n_policies == b->n_policies;

	for (size_t i = 0; equal && i < a->n_policies; i++)
		equal = strcmp(a->policies[i], b->policies[i]) == 0;
	return equal;
}

bool auth_equal(const struct auth_conf *a, const struct auth_conf *b)
{
	return a->by == b->by && rules_equal(&a->rules, &b->rules) &&
	       fingerprints_equal(a->certs, a->n_certs, b->certs, b->n_certs) &&
	       fingerprints_equal(a->pubkeys, a->n_pubkeys, b->pubkeys,
				  b->n_pubkeys) &&
	       fingerprints_equal(a->cas, a->n_cas, b->cas, b->n_cas) &&
	       a->revocation == b->revocation && policies_equal(a, b);
}
