// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/helper_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/daemon/ike_seam.h"
#include "ctrl/daemon/role.h"

struct helper_link {
	struct helper_link_spec spec;
	struct role *role;
};

static void on_answer(const struct helper_link *l,
		      const struct helper_msg_answer *m)
{
	struct lookup_result r = { .outcome = LOOKUP_FAILED };

	if (m->outcome <= LOOKUP_FAILED && m->n <= DNS_ADDRS_MAX) {
		r.outcome = (enum lookup_outcome)m->outcome;
		r.n = m->n;
		memcpy(r.addrs, m->addrs, sizeof(r.addrs));
	}
	l->spec.answer(l->spec.ctx, m->token, &r);
}

static void on_piece(const struct helper_link *l,
		     const struct helper_msg_piece *m)
{
	if (m->n <= sizeof(m->octets))
		l->spec.piece(l->spec.ctx, m->token, slice_of(m->octets, m->n));
}

static void on_fetched(const struct helper_link *l,
		       const struct helper_msg_fetched *m)
{
	struct helper_msg_fetched plain = *m;

	ike_seam_plain(plain.text, sizeof(plain.text));
	if (plain.outcome > FETCH_FAILED)
		plain.outcome = FETCH_FAILED;
	l->spec.fetched(l->spec.ctx, &plain);
}

static void on_message(void *ctx, uint16_t type, const void *msg,
		       const int *fds, size_t n_fds)
{
	const struct helper_link *l = ctx;

	role_close_all(fds, n_fds); /* it has nothing to give */
	switch ((enum helper_msg)type) {
	case HELPER_MSG_READY:
		l->spec.ready(l->spec.ctx);
		break;
	case HELPER_MSG_ANSWER:
		on_answer(l, msg);
		break;
	case HELPER_MSG_PIECE:
		on_piece(l, msg);
		break;
	case HELPER_MSG_FETCHED:
		on_fetched(l, msg);
		break;
	case HELPER_MSG_LOOKUP: /* to it, and not from it */
	case HELPER_MSG_FETCH:
		break;
	}
}

static void on_down(void *ctx, const char *why)
{
	const struct helper_link *l = ctx;

	(void)why;
	l->spec.down(l->spec.ctx);
}

int helper_link_new(const struct helper_link_spec *spec,
		    struct helper_link **out, struct error *e)
{
	struct helper_link *l = calloc(1, sizeof(*l));
	int err = error_set(e, -ENOMEM, "no memory for the link to helper");

	if (l) {
		const struct role_spec role = {
			.base = spec->base,
			.name = "helper",
			.folder = spec->folder,
			.debug = spec->debug,
			.kinds = helper_seam_to_ctl,
			.n_kinds = helper_seam_to_ctl_n,
			.last = true, /* it may flood */
			.message = on_message,
			.down = on_down,
			.ctx = l,
		};

		l->spec = *spec;
		err = role_new(&role, &l->role, e);
	}
	if (err) {
		helper_link_free(l);
		return err;
	}
	*out = l;
	return 0;
}

void helper_link_free(struct helper_link *l)
{
	if (!l)
		return;
	role_free(l->role);
	free(l);
}

int helper_link_lookup(struct helper_link *l, uint64_t token, const char *name,
		       const int *fds, size_t n)
{
	struct helper_msg_lookup m = { .token = token };

	memcpy(m.name, name, strnlen(name, sizeof(m.name) - 1));
	return role_send_fds(l->role, HELPER_MSG_LOOKUP, &m, sizeof(m), fds, n);
}

int helper_link_fetch(struct helper_link *l, const struct helper_msg_fetch *m,
		      int fd)
{
	return role_send_fds(l->role, HELPER_MSG_FETCH, m, sizeof(*m), &fd, 1);
}
