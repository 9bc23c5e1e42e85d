// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/creds_in.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/model/cert_list.h"

static void forget_part(struct creds_in *in)
{
	free(in->part);
	in->part = NULL;
	in->len = in->room = 0;
}

void creds_in_free(struct creds_in *in)
{
	forget_part(in);
	creds_unref(in->creds);
	*in = (struct creds_in){ .n = 0 };
}

bool creds_in_begin(struct creds_in *in)
{
	creds_in_free(in);
	return creds_new(&in->creds) == 0;
}

/* ctl has read it as well: whatever is wrong, the others do without. */
static bool add(struct creds_in *in, uint32_t kind, struct slice octets)
{
	struct error e;
	int err = creds_add(in->creds, (enum cred_kind)kind, octets, &e);

	if (err && err != -ENOMEM)
		log_warn("ike: a certificate is left out: %s", e.text);
	return err != -ENOMEM;
}

static bool begin_part(struct creds_in *in, const struct ike_msg_cred *m)
{
	in->part = malloc(m->len + m->rest_bytes);
	if (!in->part)
		return false;
	in->kind = m->kind;
	in->room = m->len + m->rest_bytes;
	return true;
}

static bool take_part(struct creds_in *in, const struct ike_msg_cred *m)
{
	bool ok;

	if (!in->part && !begin_part(in, m))
		return false;
	if (m->kind != in->kind || m->len + m->rest_bytes != in->room - in->len)
		return false;
	memcpy(in->part + in->len, m->octets, m->len);
	in->len += m->len;
	if (in->len < in->room)
		return true;
	ok = add(in, in->kind, slice_of(in->part, in->len));
	forget_part(in);
	return ok;
}

static bool is_address(const struct ike_msg_cred *m)
{
	return m->kind == CRED_CRL_AT || m->kind == CRED_OCSP_AT ||
	       m->kind == CRED_CERTS_AT;
}

bool creds_in_take(struct creds_in *in, const struct ike_msg_cred *m)
{
	if (!in->creds || m->kind > CRED_CERTS_AT || !m->len ||
	    m->len > sizeof(m->octets) || m->rest_bytes > CERTS_MAX_BYTES)
		return false;
	in->n += !in->part && !is_address(m);
	in->n_addresses += is_address(m);
	in->bytes += m->len;
	if (in->n > CERTS_MAX || in->n_addresses > 3 * CERTS_MAX ||
	    in->bytes + m->rest_bytes > CERTS_MAX_BYTES)
		return false;
	if (in->part || m->rest_bytes)
		return take_part(in, m);
	return add(in, m->kind, slice_of(m->octets, m->len));
}

struct creds *creds_in_end(struct creds_in *in)
{
	struct creds *creds = in->part ? NULL : in->creds;

	if (creds)
		*in = (struct creds_in){ .n = 0 };
	return creds;
}
