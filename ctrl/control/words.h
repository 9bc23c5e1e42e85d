/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Algorithms and traffic selectors as charon writes them in VICI's answers, so
 * that stock clients show what their users know. Pure functions.
 */
#ifndef CYG_CONTROL_WORDS_H
#define CYG_CONTROL_WORDS_H

#include "ctrl/control/vici.h"
#include "ctrl/model/conn.h"
#include "ctrl/model/sadb.h"

/* Two addresses, "..", "[255/65535-65535]" and the NUL. */
#define TS_STR_MAX (2 * ADDR_STR_MAX + 24)

/* Numbers of include/ike.h; "UNKNOWN" for others. */
const char *encr_word(uint16_t id);
const char *integ_word(uint16_t id);
const char *prf_word(uint16_t id);
const char *ke_word(uint16_t id);

/* Of an enum sadb_mode. */
const char *mode_word(unsigned int mode);

/* One side of a selector, both ends inclusive, ports in host order. */
struct ts_range {
	struct addr min, max;
	uint8_t protocol;
	uint16_t port_min, port_max;
};

struct ts_range ts_local(const struct sadb_selector *s);
struct ts_range ts_remote(const struct sadb_selector *s);

/* "10.1.0.0/16", "10.1.0.1..10.1.0.9", "10.1.0.0/16[tcp/80-90]"; returns buf. */
const char *ts_range_str(const struct ts_range *r, char buf[TS_STR_MAX]);

/* The same, or "dynamic"; returns buf. */
const char *ts_conf_str(const struct ts_conf *ts, char buf[TS_STR_MAX]);

/* Of a tunnel interface, as strongSwan writes it; 0: nothing. */
void put_if_id(struct vici_builder *b, const char *key, uint32_t if_id);

#endif
