/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policies of a configuration by name: a policy's own, or CONN/CHILD, which is
 * the first pair's of a child; the others' are CONN/CHILD#2 and so on. Pure; any
 * thread.
 */
#ifndef CYG_MODEL_POLICY_NAME_H
#define CYG_MODEL_POLICY_NAME_H

#include "ctrl/base/slice.h"
#include "ctrl/model/config.h"

#define POLICY_NAME_MAX (2 * CONF_NAME_MAX + 4)

/* Of the pair at that place, from 0; returns buf. */
const char *policy_name_of(const struct conn_conf *conn,
			   const struct child_conf *child, size_t at,
			   char buf[POLICY_NAME_MAX]);

/* Its id in the SPD; false: there is none of that name. */
MUST_CHECK bool policy_by_name(const struct config *c, const char *name,
			       uint32_t *id);

/* Writes at most POLICY_NAME_MAX octets to buf, "" where there is none; returns
 * buf. */
const char *policy_name(const struct config *c, uint32_t id, char *buf);

#endif
