/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates, CRLs, raw public keys and authorities as VICI has them. Control thread.
 */
#ifndef CYG_CONTROL_CERTS_H
#define CYG_CONTROL_CERTS_H

#include "ctrl/control/events.h"
#include "ctrl/control/requests.h"

/*
 * The body of load-cert, valid: type, flag, data.
 *
 * data   borrows the body
 *
 * 0, -EINVAL or -ENOTSUP with e filled.
 */
MUST_CHECK int load_cert_read(struct slice body, enum cert_kind *kind,
			      struct slice *data, struct error *e);

/* An event for each that there is and that the arguments are about; CRLs that fit no
 * value are left out. false: out of memory. */
MUST_CHECK bool list_certs(const struct sink *sink, const struct arguments *args,
			   const struct control_certs *certs);
MUST_CHECK bool list_authorities(const struct sink *sink,
				 const struct arguments *args,
				 const struct control_certs *certs);

/* Its subject, as an item of a list, or as the value of a key; of one that is not there
 * nothing. */
void put_cert_subject(struct vici_builder *b, const char *key,
		      const struct control_certs *certs, enum cert_kind kind,
		      const struct fingerprint *name);

/* As a list in an answer. */
void put_authority_names(struct vici_builder *b,
			 const struct control_certs *certs);

#endif
