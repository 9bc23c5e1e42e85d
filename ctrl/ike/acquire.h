/* SPDX-License-Identifier: BSD-2-Clause */
/* For engine.c; one thread. */
#ifndef CYG_IKE_ACQUIRE_H
#define CYG_IKE_ACQUIRE_H

#include "ctrl/ike/sa.h"

/* Brings up the child of that policy, unless it is, or is about to be. */
void acquire(struct engine *e, uint32_t policy);

#endif
