/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the data path may still do once it has found what earlier starts left,
 * for which root's CAP_SYS_ADMIN is needed. Before any thread is started.
 */
#ifndef CYG_DP_PRIVILEGES_H
#define CYG_DP_PRIVILEGES_H

#include "ctrl/base/error.h"

/* Capabilities but those for network, BPF and locked memory go, and no program
 * that is executed gets them back. Who has none for locked memory is held to its
 * limit. 0, or negative with e filled. */
int privileges_drop(struct error *e);

#endif
