// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_spi(const struct manual_keys *a, const struct manual_keys *b)
{
	return a->spi && a->spi == b->spi;
}

bool manual_counts(const struct manual_conf *m)
{
	return m->encr->counter_mode || m->integ->iv_bytes;
}

/* AH has no other than that of its MAC, and ESP has none for AES-GMAC beside it. */
const struct secret *manual_counting_key(const struct manual_conf *m,
					 const struct manual_keys *keys)
{
	return m->protocol == IKE_PROTO_AH ? &keys->integ_key : &keys->encr_key;
}

static const char *counting_name(const struct manual_conf *m)
{
	return m->protocol == IKE_PROTO_AH ? "integ_key" : "encr_key";
}

/* Whatever their protocols: of two counters under one key both reveal. */
static bool keys_clash(const struct manual_conf *a, const struct manual_conf *b,
		       struct manual_clash *out)
{
	const struct manual_keys *one[] = { &a->in, &a->out };
	const struct manual_keys *other[] = { &b->in, &b->out };
	static const char *const dirs[] = { "in", "out" };

	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < 2; j++) {
			if (one[i] == other[j] || !one[i]->spi ||
			    !other[j]->spi ||
			    !secret_equal(manual_counting_key(a, one[i]),
					  manual_counting_key(b, other[j])))
				continue;
			*out = (struct manual_clash){
				counting_name(a), dirs[i], counting_name(b),
				dirs[j],
				"in counter mode each SA needs a key of its own"
			};
			return true;
		}
	}
	return false;
}

/* Inbound an SA is found by SPI, outbound the peer finds it so. */
bool manual_clash(const struct manual_conf *a, const struct manual_conf *b,
		  struct manual_clash *out)
{
	if (a != b && same_spi(&a->in, &b->in)) {
		*out = (struct manual_clash){ "spi", "in", "spi", "in",
					      "inbound SPIs must differ" };
		return true;
	}
	if (a != b && same_spi(&a->out, &b->out) &&
	    addr_equal(&a->remote, &b->remote)) {
		*out = (struct manual_clash){ "spi", "out", "spi", "out",
					      "SPIs to one peer must differ" };
		return true;
	}
	return manual_counts(a) && manual_counts(b) && keys_clash(a, b, out);
}

bool manual_suits(const struct manual_conf *m, const struct policy_conf *p)
{
	return m->mode != SADB_TRANSPORT ||
	       selector_is_between(&p->selector, &m->local, &m->remote);
}

bool manual_serves(const struct config *c, size_t manual, size_t policy)
{
	const struct policy_conf *p = &c->policies[policy];

	if (p->action != SPD_PROTECT)
		return false;
	return p->manual == manual ||
	       (policy < MANUAL_POLICIES_MAX &&
		(c->manual[manual].policies >> policy & 1));
}

bool manual_same_if_ids(const struct manual_conf *m, const struct policy_conf *p)
{
	return m->if_id_in == p->if_id_in && m->if_id_out == p->if_id_out;
}

size_t manual_outbound(const struct config *c, size_t policy)
{
	for (size_t i = c->n_manual; i-- > 0;)
		if (c->manual[i].out.spi && manual_serves(c, i, policy))
			return i;
	return MANUAL_NONE;
}

const struct manual_conf *manual_carrier(const struct config *c,
					 const struct manual_conf *m)
{
	for (size_t i = 0; m->bundle[0] && i < c->n_manual; i++)
		if (strcmp(c->manual[i].name, m->bundle) == 0)
			return &c->manual[i];
	return NULL;
}

const struct manual_conf *manual_carried(const struct config *c,
					 const struct manual_conf *m)
{
	for (size_t i = 0; i < c->n_manual; i++)
		if (strcmp(c->manual[i].bundle, m->name) == 0)
			return &c->manual[i];
	return NULL;
}

void manual_wipe(struct manual_conf *m)
{
	secret_wipe(&m->in.encr_key);
	secret_wipe(&m->in.integ_key);
	secret_wipe(&m->out.encr_key);
	secret_wipe(&m->out.integ_key);
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_manual; i++)
		manual_wipe(&c->manual[i]);
	for (size_t i = 0; i < c->n_conns; i++)
		conn_fini(&c->conns[i]);
	for (size_t i = 0; i < c->n_psks; i++)
		psk_fini(&c->psks[i]);
	for (size_t i = 0; i < c->n_keys; i++)
		secret_wipe(&c->keys[i].passphrase);
	for (size_t i = 0; i < c->n_tokens; i++)
		secret_wipe(&c->tokens[i].pin);
	for (size_t i = 0; i < c->n_included; i++)
		free(c->included[i]);
	free(c->manual);
	free(c->policies);
	free(c->conns);
	free(c->psks);
	free(c->keys);
	free(c->modules);
	free(c->tokens);
	name_index_free(&c->psk_names);
	free(c->pools);
	cert_list_free(&c->certs);
	free(c->authorities);
	free(c->included);
	free(c->notes);
	free(c->file);
	free(c);
}

const char *conf_note_str(const struct conf_note *n, char buf[CONF_NOTE_MAX])
{
	snprintf(buf, CONF_NOTE_MAX,
		 "%.200s:%u:%u: %s%s%s has no effect: it is %s", n->place.file,
		 n->place.line, n->place.column, n->in, n->in[0] ? "." : "",
		 n->name, n->why);
	return buf;
}

static bool child_protects_v6(const struct child_conf *child)
{
	for (size_t i = 0; i < child->n_remote_ts; i++)
		if (!child->remote_ts[i].dynamic &&
		    !addr_is_v4(&child->remote_ts[i].net.net))
			return true;
	return false;
}

bool config_protects_v6(const struct config *c)
{
	for (size_t i = 0; i < c->n_policies; i++)
		if (c->policies[i].action == SPD_PROTECT &&
		    !addr_is_v4(&c->policies[i].selector.remote_min))
			return true;
	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			if (child_protects_v6(&c->conns[i].children[k]))
				return true;
	return false;
}
