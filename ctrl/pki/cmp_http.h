/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CMP's messages by HTTP (RFC 6712), with limits of size and of time: libcrypto speaks
 * it on a connection that is made here, with a limit of time as well. Messages
 * protect themselves: there is no https, and no redirect is followed. The resolver's
 * time is its own. Blocks; SIGPIPE is the caller's to ignore.
 */
#ifndef CYG_PKI_CMP_HTTP_H
#define CYG_PKI_CMP_HTTP_H

#include "ctrl/pki/cmp.h"

struct cmp_http;

/*
 * url         "http://HOST[:PORT][/PATH]"
 * message_s   of one exchange
 *
 * 0, or -EINVAL with e filled; -ENOMEM
 */
int cmp_http_new(const char *url, unsigned int message_s, struct cmp_http **out,
		 struct error *e);

/* cmp_http_free(NULL) is fine. */
void cmp_http_free(struct cmp_http *h);

/*
 * A cmp_exchange_fn; arg: a struct cmp_http.
 *
 * 0, or e says what to do:
 * -ECONNREFUSED and others  nobody there
 * -ETIMEDOUT                no answer in time
 * -E2BIG                    above CMP_MESSAGE_MAX
 * -EPROTO                   no answer, or one that says no
 */
int cmp_http_exchange(void *arg, struct slice request, struct owned *answer,
		      struct error *e);

#endif
