// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/refused_pins.h"

#include <string.h>

void refused_pins_add(struct refused_pins *r, const char *module,
		      const struct token_conf *conf)
{
	struct refused_pin *p = &r->at[r->n++ % REFUSED_PINS_MAX];

	*p = (struct refused_pin){ .has_slot = conf->has_slot,
				   .slot = conf->slot,
				   .pin = conf->pin };
	memcpy(p->module, module, strnlen(module, sizeof(p->module) - 1));
}

bool refused_pins_has(const struct refused_pins *r, const char *module,
		      const struct token_conf *conf)
{
	for (size_t i = 0; i < r->n && i < REFUSED_PINS_MAX; i++) {
		const struct refused_pin *p = &r->at[i];

		if (strcmp(p->module, module) == 0 &&
		    (!p->has_slot || !conf->has_slot || p->slot == conf->slot) &&
		    secret_equal(&p->pin, &conf->pin))
			return true;
	}
	return false;
}

void refused_pins_wipe(struct refused_pins *r)
{
	explicit_bzero(r, sizeof(*r));
}
