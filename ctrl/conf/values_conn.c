// SPDX-License-Identifier: BSD-2-Clause
/*
 * Errors of proposal_parse() quote a short word; one that is more like a key does
 * not come so far.
 */
#include "ctrl/conf/values_conn.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/values.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/suite.h"
#include "ctrl/wire/dns.h"

/* --- addresses of peers */

/* What stands for all addresses of both families, or of one. */
static bool read_any(const char *text, struct conn_addr *out)
{
	*out = (struct conn_addr){ .any = strcasecmp(text, "%any") == 0 };
	if (strcasecmp(text, "%any4") == 0 || strcmp(text, "0.0.0.0") == 0 ||
	    strcmp(text, "0.0.0.0/0") == 0) {
		out->net.net = addr_from_v4(0);
		return true;
	}
	return out->any || strcasecmp(text, "%any6") == 0 ||
	       strcmp(text, "::") == 0 || strcmp(text, "::/0") == 0;
}

/* Meant for a name: a letter, and nothing that a name has not. */
static bool is_name(const char *text)
{
	bool letter = false;

	for (const char *c = text; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("-._", *c))
			return false;
		letter |= isalpha((unsigned char)*c) != 0;
	}
	return letter;
}

static int fail_addr(const struct item *item, const char *reason,
		     struct error *e)
{
	return item_fail(e, item, -EINVAL, "%s; it must be %s", reason,
			 item->k->form);
}

static int read_net(const struct item *item, struct prefix *net, struct error *e)
{
	const char *reason;
	int err = item_prefix(item, net, e);

	if (err || net->bits < (addr_is_v4(&net->net) ? 32 : 128))
		return err;
	reason = addr_not_unicast(&net->net);
	return reason ? fail_addr(item, reason, e) : 0;
}

static int read_addr(const struct item *item, struct conn_addr *out,
		     struct error *e)
{
	const char *reason;
	int found;

	if (read_any(item->text, out))
		return 0;
	found = item_range(item, &out->net, &out->last, e);
	if (found < 0)
		return found;
	if (found) {
		reason = addr_not_unicast(&out->net.net);
		if (!reason && !addr_is_none(&out->last))
			reason = addr_not_unicast(&out->last);
		return reason ? fail_addr(item, reason, e) : 0;
	}
	if (is_name(item->text))
		return item_fail(e, item, -EINVAL,
				 "is a name; write the address, for a name "
				 "stands alone, and in remote_addrs");
	return read_net(item, &out->net, e);
}

static int read_addrs(const struct key *k, const struct value *v,
		      struct conn_addr *addrs, size_t *n, struct error *e)
{
	struct item item;
	size_t at = 0;
	int found, err;

	*n = 0;
	while ((found = item_next(k, v, &at, &item, e)) > 0) {
		if (*n == CONN_ADDRS_MAX)
			return item_fail_many(&item, CONN_ADDRS_MAX, e);
		err = read_addr(&item, &addrs[*n], e);
		if (err)
			return err;
		++*n;
	}
	return found;
}

/* It has no address before it is resolved. */
static int read_host(const struct key *k, const struct value *v,
		     struct conn_conf *c, struct error *e)
{
	const struct item item = { .k = k, .v = v };

	if (!dns_is_name(v->text))
		return item_fail(e, &item, -EINVAL,
				 "is no name that DNS may know: it has up to "
				 "253 characters, and up to 63 between dots");
	strcpy(c->remote_host, v->text);
	conn_resolve(c, NULL, 0);
	return 0;
}

VALUE_READER(value_local_addrs)
{
	struct conn_conf *c = out;

	return read_addrs(k, v, c->local_addrs, &c->n_local_addrs, e);
}

VALUE_READER(value_remote_addrs)
{
	struct conn_conf *c = out;

	if (is_name(v->text))
		return read_host(k, v, c, e);
	return read_addrs(k, v, c->remote_addrs, &c->n_remote_addrs, e);
}

/* --- identities */

VALUE_READER(value_identity)
{
	struct item item = { .k = k, .v = v };
	struct error why;

	return identity_parse(v->text, out, &why) ? item_fail_why(&item, &why, e)
						  : 0;
}

/* --- proposals */

/* Keywords and nothing else, as far as their letters tell. */
static bool is_proposal(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "- ");

		for (size_t i = 0; i < len; i++)
			if (!isalnum((unsigned char)text[i]) && text[i] != '_')
				return false;
		if (conf_key_like(slice_of(text, len)))
			return false;
		text += len + (text[len] != '\0');
	}
	return true;
}

/* What one item of the list stands for. */
static int read_proposal(const struct item *item, enum ike_protocol protocol,
			 struct proposals *out, struct error *e)
{
	const struct suite *suite = suite_by_name(item->text);
	struct error why;

	if (strcasecmp(item->text, "default") == 0) {
		proposals_default(protocol, out);
		return 0;
	}
	if (suite && protocol != IKE_PROTO_AH) {
		suite_proposals(suite, protocol, out);
		return 0;
	}
	if (!is_proposal(item->text))
		return item_fail_form(item, e);
	if (proposal_parse(item->text, protocol, &out->at[0], &why))
		return item_fail_why(item, &why, e);
	out->n = 1;
	return 0;
}

static int read_proposals(const struct key *k, const struct value *v,
			  enum ike_protocol protocol, struct proposals *list,
			  struct error *e)
{
	struct proposals one;
	struct item item;
	size_t at = 0;
	int found, err;

	list->n = 0;
	while ((found = item_next(k, v, &at, &item, e)) > 0) {
		err = read_proposal(&item, protocol, &one, e);
		if (err)
			return err;
		if (list->n + one.n > PROPOSALS_MAX)
			return item_fail_many(&item, PROPOSALS_MAX, e);
		memcpy(&list->at[list->n], one.at, one.n * sizeof(one.at[0]));
		list->n += one.n;
	}
	return found;
}

VALUE_READER(value_ike_proposals)
{
	return read_proposals(k, v, IKE_PROTO_IKE, out, e);
}

VALUE_READER(value_esp_proposals)
{
	return read_proposals(k, v, IKE_PROTO_ESP, out, e);
}

VALUE_READER(value_ah_proposals)
{
	return read_proposals(k, v, IKE_PROTO_AH, out, e);
}

/* --- of packets of IKE */

/* swanctl.conf(5) has them binary. */
VALUE_READER(value_dscp)
{
	uint8_t *dscp = out;

	if (strspn(v->text, "01") != 6 || v->text[6])
		return value_fail_form(k, v, e);
	*dscp = (uint8_t)strtoul(v->text, NULL, 2);
	return 0;
}
