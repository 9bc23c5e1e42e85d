/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose certificate is it? Identities of IKE (RFC 7296 section 3.5) beside what a
 * certificate says of its owner (RFC 4945 section 3.1): a distinguished name is its
 * subject, or a directoryName among its subjectAltNames; a name or an address is one
 * of its subjectAltNames, never a part of the subject; a key id is its subject key
 * identifier, or the SHA-1 of its key. Any thread.
 */
#ifndef CYG_PKI_IDENT_H
#define CYG_PKI_IDENT_H

#include <stdbool.h>

#include "ctrl/model/dn.h"
#include "ctrl/pki/certificate.h"

/* Is it of the one that a peer says it is? Nothing in id is a wildcard. */
bool ident_is(const struct certificate *c, const struct identity *id);

/*
 * Is it of one of those that a configured identity stands for? As
 * identity_match(), but for distinguished names, which match as `how` says.
 */
bool ident_match(const struct certificate *c, const struct identity *conf,
		 enum rdn_matching how);

/* Who its owner is where nothing is configured: the subject, else its first name.
 * false: it has neither, or a subject of more than IKE_ID_MAX octets. */
MUST_CHECK bool ident_of(const struct certificate *c, struct identity *out);

#endif
