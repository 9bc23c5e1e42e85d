/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PINs that tokens refused: none is tried again while this is kept, for a token locks
 * itself after a few wrong ones. Control thread.
 */
#ifndef CYG_DAEMON_REFUSED_PINS_H
#define CYG_DAEMON_REFUSED_PINS_H

#include "ctrl/model/config.h"

#define REFUSED_PINS_MAX 64 /* more than that, and the oldest are forgotten */

struct refused_pin {
	char module[CONF_PATH_MAX];
	bool has_slot;
	uint32_t slot;
	struct secret pin;
};

/* Zeroed it is empty. */
struct refused_pins {
	struct refused_pin at[REFUSED_PINS_MAX];
	size_t n; /* so many were added */
};

/* The PIN of conf, by the module of that path. */
void refused_pins_add(struct refused_pins *r, const char *module,
		      const struct token_conf *conf);

/* Was it refused by what may be the same token? Without a slot any of the module's may
 * be. */
bool refused_pins_has(const struct refused_pins *r, const char *module,
		      const struct token_conf *conf);

void refused_pins_wipe(struct refused_pins *r);

#endif
