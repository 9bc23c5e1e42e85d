/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ike makes of a certificate: ours, a CA's, or a peer's, which is trusted itself.
 * Pure.
 */
#ifndef CYG_DAEMON_CRED_KIND_H
#define CYG_DAEMON_CRED_KIND_H

#include "ctrl/model/cert_list.h"
#include "ctrl/model/conn.h"
#include "ctrl/pki/creds.h"

/* Its private key. */
enum key_of_cert {
	KEY_NEVER_HERE,
	KEY_HERE,
	KEY_GONE, /* it was, until it was taken away */
};

/*
 * One whose key is gone, or which a connection names as ours, is nobody else's: whoever
 * has got hold of that key would be taken for us.
 *
 * conns   n of them
 *
 * false: nothing.
 */
bool cred_kind_of(const struct cert_conf *cert, enum key_of_cert key,
		  const struct conn_conf *conns, size_t n, enum cred_kind *out);

/* Is it ours: is, or was, its private key here, or does a section local name it? */
bool cred_is_ours(const struct cert_conf *cert, enum key_of_cert key,
		  const struct conn_conf *conns, size_t n);

#endif
