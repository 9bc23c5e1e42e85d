/* SPDX-License-Identifier: BSD-2-Clause */
/* What libcrypto's numbers mean, and what an operator reads of it. Any thread. */
#ifndef CYG_PKI_VERDICT_H
#define CYG_PKI_VERDICT_H

#include <stdbool.h>

#include "ctrl/pki/trust.h"

/* Of X509_V_ERR_*. */
enum trust_verdict verdict_of(int error);

/* Is it about a CRL, not about a certificate? */
bool verdict_is_of_crl(int error);

/* One line: certificate, reason, in parentheses the detail (a date where that is the
 * reason, whatever detail is; NULL: none), remedy. */
void verdict_say(struct error *e, enum trust_verdict verdict,
		 const struct certificate *c, const char *detail);

#endif
