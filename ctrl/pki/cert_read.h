/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What files and messages have as entries of a cert_list: certificates, CRLs and raw
 * public keys, in DER or PEM. One thread.
 */
#ifndef CYG_PKI_CERT_READ_H
#define CYG_PKI_CERT_READ_H

#include "ctrl/model/cert_list.h"
#include "ctrl/pki/certificate.h"

/*
 * Adds what is in the octets: certificates as certificate_read_file() finds them, else
 * one. Of those of CERT_CA each must be a CA's; behind the first one of CERT_X509 stands
 * what leads from it to its CA.
 *
 * from    the file's name; NULL: of a message
 * first   NULL, or gets the first one's fingerprint
 *
 * 0, or e says what is wrong and what to do, without the file's name: -EBADMSG,
 * -ENOENT (nothing is in it), -E2BIG, -ENOTSUP, -EINVAL (no CA's), -ENOMEM. Those before
 * what is wrong are added.
 */
int cert_read(struct cert_list *list, enum cert_kind kind, struct slice octets,
	      const char *from, struct fingerprint *first, struct error *e);

#endif
