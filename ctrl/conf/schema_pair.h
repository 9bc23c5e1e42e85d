/* SPDX-License-Identifier: BSD-2-Clause */
/* A pair of the section manual by itself. Control thread. */
#ifndef CYG_CONF_SCHEMA_PAIR_H
#define CYG_CONF_SCHEMA_PAIR_H

#include "ctrl/conf/keys.h"

#define FORM_POLICIES "names of policies with action = protect"
#define FORM_SA	      "a section with spi, encr_key and integ_key"

/*
 * All of it but its policies; a direction that is not there has SPI 0.
 *
 * c   its gateway is filled
 *
 * 0 or -EINVAL; e is filled.
 */
int pair_fill(const struct section *sec, const struct config *c,
	      struct manual_conf *m, struct error *e);

/* The row of `policies`. */
const struct key *pair_policies_key(void);

#endif
