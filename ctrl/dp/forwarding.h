/* SPDX-License-Identifier: BSD-2-Clause */
/* Does the kernel forward what the configuration needs forwarded? Control thread. */
#ifndef CYG_DP_FORWARDING_H
#define CYG_DP_FORWARDING_H

#include "ctrl/base/error.h"
#include "ctrl/model/config.h"

/* At start, of the protected interfaces too. 0, or -EINVAL and the command to run. */
int forwarding_check(const struct config *c, struct error *e);

/* As a whole, when policies change: an interface may be away for a while. */
int forwarding_check_all(const struct config *c, struct error *e);

#endif
