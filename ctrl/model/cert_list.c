// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/cert_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct cert_conf *cert_list_find(const struct cert_list *list,
				       enum cert_kind kind,
				       const struct fingerprint *fingerprint)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].kind == kind &&
		    fingerprint_equal(&list->at[i].fingerprint, fingerprint))
			return &list->at[i];
	return NULL;
}

static int check_room(const struct cert_list *list, size_t bytes,
		      struct error *e)
{
	if (list->n < CERTS_MAX && bytes <= CERTS_MAX_BYTES - list->bytes)
		return 0;
	return error_set(e, -E2BIG,
			 "certificates and CRLs are more than %d, or have more "
			 "than %u MiB together; remove those that are not used",
			 CERTS_MAX, CERTS_MAX_BYTES >> 20);
}

static bool grow(struct cert_list *list)
{
	size_t room = list->room ? 2 * list->room : 8;
	struct cert_conf *at;

	if (list->n < list->room)
		return true;
	at = realloc(list->at, room * sizeof(*at));
	if (!at)
		return false;
	list->at = at;
	list->room = room;
	return true;
}

static void cert_fini(struct cert_conf *c)
{
	free((void *)c->octets.ptr);
	free(c->from);
}

/* false: no memory, and nothing is owned. */
static bool copy(const struct cert_conf *from, struct cert_conf *to)
{
	uint8_t *octets = malloc(from->octets.len + 1);

	*to = *from;
	to->octets.ptr = octets;
	to->from = from->from ? strdup(from->from) : NULL;
	if (octets && (to->from || !from->from)) {
		memcpy(octets, from->octets.ptr, from->octets.len);
		return true;
	}
	cert_fini(to);
	return false;
}

int cert_list_add(struct cert_list *list, const struct cert_conf *c,
		  struct error *e)
{
	int err;

	if (cert_list_find(list, c->kind, &c->fingerprint))
		return 0;
	err = check_room(list, c->octets.len, e);
	if (err)
		return err;
	if (!grow(list) || !copy(c, &list->at[list->n]))
		return error_set(e, -ENOMEM, "out of memory for certificates");
	list->n++;
	list->bytes += c->octets.len;
	return 0;
}

int cert_list_add_all(struct cert_list *list, const struct cert_list *more,
		      struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < more->n && !err; i++)
		err = cert_list_add(list, &more->at[i], e);
	return err;
}

void cert_list_drop(struct cert_list *list, size_t i)
{
	list->bytes -= list->at[i].octets.len;
	cert_fini(&list->at[i]);
	list->n--;
	memmove(&list->at[i], &list->at[i + 1],
		(list->n - i) * sizeof(list->at[0]));
}

void cert_list_free(struct cert_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		cert_fini(&list->at[i]);
	free(list->at);
	*list = (struct cert_list){ .n = 0 };
}
