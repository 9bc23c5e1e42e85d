// SPDX-License-Identifier: BSD-2-Clause
/*
 * ctrl/control knows the encoding, ctrl/conf the keys, and neither the other:
 * here the elements go from one to the other.
 */
#include "ctrl/daemon/conn_message.h"

#include <errno.h>

#include "ctrl/conf/load.h"
#include "ctrl/control/vici.h"

static void put(struct load *l, const struct vici_elem *elem)
{
	switch (elem->type) {
	case VICI_SECTION_START:
		load_section(l, elem->name);
		break;
	case VICI_SECTION_END:
		load_section_end(l);
		break;
	case VICI_KEY_VALUE:
		load_value(l, elem->name, elem->value);
		break;
	case VICI_LIST_START:
		load_list(l, elem->name);
		break;
	case VICI_LIST_ITEM:
		load_item(l, elem->value);
		break;
	case VICI_LIST_END:
		load_list_end(l);
		break;
	case VICI_END:
		break;
	}
}

static int read_all(struct load *l, struct slice message, struct error *e)
{
	struct vici_reader r = vici_read(message);
	struct vici_elem elem;
	int err = 0;

	while (vici_argument(&r, &elem, &err, e))
		put(l, &elem);
	return err;
}

int pool_message_read(struct slice message, struct pool_conf *out,
		      struct error *e)
{
	struct load *l = load_new(LOAD_POOL, message.len);
	int err;

	if (!l)
		return error_set(e, -ENOMEM, "out of memory for a pool");
	err = read_all(l, message, e);
	if (!err)
		err = load_pool(l, out, e);
	load_free(l);
	return err;
}

int conn_message_read(struct slice message, struct conn_conf *out,
		      struct cert_list *certs, struct error *e)
{
	struct load *l = load_new(LOAD_CONN, message.len);
	int err;

	if (!l)
		return error_set(e, -ENOMEM, "out of memory for a connection");
	err = read_all(l, message, e);
	if (!err)
		err = load_conn(l, out, certs, e);
	load_free(l);
	return err;
}

int authority_message_read(struct slice message, struct authority *out,
			   struct cert_list *certs, struct error *e)
{
	struct load *l = load_new(LOAD_AUTHORITY, message.len);
	int err;

	if (!l)
		return error_set(e, -ENOMEM, "out of memory for an authority");
	err = read_all(l, message, e);
	if (!err)
		err = load_authority(l, out, certs, e);
	load_free(l);
	return err;
}
