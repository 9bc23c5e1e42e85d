// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as a configuration, and as a pair of manual SAs that is added to
 * one: either a model that keeps its promises or an error that names a place and
 * shows no key. Start from the seeds in
 * tests/fuzz/corpus/conf.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/conf.h"
#include "tests/fuzz/conn_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_conns(const struct config *c)
{
	size_t entries = c->n_policies;
	struct weakness weakness;

	for (size_t i = 0; i < c->n_conns; i++) {
		if (!conn_ok(&c->conns[i]) ||
		    (conn_weakness(&c->conns[i], &weakness) &&
		     !c->gateway.allow_weak_algorithms))
			abort();
		entries += c->conns[i].n_children;
	}
	for (size_t i = 0; i < c->n_psks; i++)
		if (!c->psks[i].name[0] || c->psks[i].key.len < 1 ||
		    c->psks[i].key.len > SECRET_MAX_BYTES)
			abort();
	if (entries > SPD_MAX || c->n_included)
		abort();
}

static void check_keys(const struct manual_conf *m, const struct manual_keys *k)
{
	if (!k->spi)
		return;
	if (k->encr_key.len != encr_key_bytes(m->encr) ||
	    k->integ_key.len != m->integ->key_bytes)
		abort();
}

static void check_pair(const struct config *c, const struct manual_conf *m)
{
	struct manual_clash clash;

	if ((m->encr->counter_mode && !c->gateway.allow_manual_counter_mode) ||
	    esp_pair_misfit(m->encr, m->integ) ||
	    (esp_pair_weakness(m->encr, m->integ) &&
	     !c->gateway.allow_weak_algorithms) ||
	    (m->replay_window && !esp_icv_bytes(m->encr, m->integ)) ||
	    (m->esn && !m->replay_window) || m->encap != !!m->remote_port ||
	    (m->follow && (!m->encap || !esp_icv_bytes(m->encr, m->integ))))
		abort();
	check_keys(m, &m->in);
	check_keys(m, &m->out);
	for (size_t i = 0; i < c->n_manual; i++)
		if (manual_clash(m, &c->manual[i], &clash))
			abort();
}

/* What the daemon relies on without another look. */
static void check(const struct config *c)
{
	check_conns(c);
	if (c->gateway.n_ifaces < 1 || c->gateway.n_ifaces > IFACE_MAX ||
	    c->n_policies > SPD_MAX || c->gateway.socket[0] != '/')
		abort();
	for (size_t i = 0; i < c->n_manual; i++) {
		if (!c->manual[i].in.spi || !c->manual[i].out.spi)
			abort();
		check_pair(c, &c->manual[i]);
	}
	for (size_t i = 0; i < c->n_policies; i++)
		if (c->policies[i].action == SPD_PROTECT &&
		    c->policies[i].manual >= c->n_manual)
			abort();
}

/* `f:LINE:COLUMN: text`, or of the whole file `f: larger than ...`. */
static bool has_place(const char *text)
{
	unsigned int line = 0, column = 0;
	int head = 0;

	if (strncmp(text, "f: larger than ", 15) == 0)
		return true;
	sscanf(text, "f:%u:%u: %n", &line, &column, &head);
	return head && line && column && text[head];
}

/* One that has the pair `a` and the policy `p`. */
static struct config *in_force(void)
{
	static const char text[] =
		"gateway {\nprotected = a\nunprotected = b\n"
		"allow_manual_counter_mode = yes\n"
		"allow_weak_algorithms = yes\n}\nmanual {\na {\n"
		"local_addrs = 192.0.2.1\nremote_addrs = 192.0.2.2\n"
		"esp_proposals = aes128gcm16\nin {\nspi = 0x1001\n"
		"encr_key = 0x000102030405060708090a0b0c0d0e0f10111213\n}\n"
		"out {\nspi = 0x1002\n"
		"encr_key = 0x202122232425262728292a2b2c2d2e2f30313233\n}\n}\n"
		"}\npolicies {\np {\naction = protect\nmanual = a\n"
		"local_ts = 10.1.0.0/16\nremote_ts = 10.2.0.0/16\n}\n}\n";
	struct config *c;
	struct error e;

	if (conf_parse("f", slice_of(text, sizeof(text) - 1), &c, &e))
		abort();
	return c;
}

static void add_pair(struct slice text)
{
	struct config *c = in_force();
	struct manual_conf m;
	struct error e = { "" };

	if (conf_parse_manual("f", text, "b", c, &m, &e) == 0) {
		check_pair(c, &m);
		if (!m.added || m.policies != 1 || (!m.in.spi && !m.out.spi))
			abort();
	} else if (!e.text[0] || strchr(e.text, '\n') || shows_key(e.text)) {
		abort();
	}
	config_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *c;
	struct error e = { "" };

	add_pair(slice_of(data, size));
	if (conf_parse("f", slice_of(data, size), &c, &e) == 0)
		check(c);
	else if (c || !has_place(e.text) || strchr(e.text, '\n') ||
		 shows_key(e.text))
		abort();
	config_free(c);
	return 0;
}
