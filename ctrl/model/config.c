// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/config.h"

#include <stdlib.h>

static void manual_wipe(struct manual_conf *m)
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
	for (size_t i = 0; i < c->n_included; i++)
		free(c->included[i]);
	free(c->manual);
	free(c->policies);
	free(c->conns);
	free(c->psks);
	free(c->included);
	free(c->file);
	free(c);
}
