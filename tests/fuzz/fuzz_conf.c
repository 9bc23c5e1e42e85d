// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as a configuration: either a model that keeps its promises or an
 * error that names a place. Start from the seeds in tests/fuzz/corpus/conf.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the daemon relies on without another look. */
static void check(const struct config *c)
{
	if (c->gateway.n_ifaces < 2 || c->gateway.n_ifaces > IFACE_MAX ||
	    c->n_policies > SPD_MAX || c->gateway.socket[0] != '/')
		abort();
	for (size_t i = 0; i < c->n_manual; i++) {
		const struct manual_conf *m = &c->manual[i];

		if (m->encr->counter_mode ||
		    m->in.encr_key.len != encr_key_bytes(m->encr) ||
		    m->out.encr_key.len != encr_key_bytes(m->encr) ||
		    m->in.integ_key.len != m->integ->key_bytes ||
		    m->out.integ_key.len != m->integ->key_bytes)
			abort();
	}
	for (size_t i = 0; i < c->n_policies; i++)
		if (c->policies[i].action == SPD_PROTECT &&
		    c->policies[i].manual >= c->n_manual)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *c;
	struct error e = { "" };

	if (conf_parse("f", slice_of(data, size), &c, &e) == 0)
		check(c);
	else if (c || !e.text[0] || strchr(e.text, '\n'))
		abort();
	config_free(c);
	return 0;
}
