/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * References (strongswan.conf(5), REFERENCING OTHER SECTIONS): what a section refers
 * to is copied into it, behind what it says itself, so that nobody who reads the tree
 * has to know of them. Control thread.
 */
#ifndef CYG_CONF_REFER_H
#define CYG_CONF_REFER_H

#include "ctrl/conf/tree.h"

#define REFER_DEPTH_MAX	  64	   /* references that lead to others */
#define REFER_OF_ONE_MAX  32	   /* references of one section */
#define REFER_ENTRIES_MAX 1048576U /* copied in all */

/*
 * Of a whole tree, once it is read. Copies stand at the places of what they are
 * copies of, and share their strings.
 *
 * 0, -EINVAL (no such section, or it refers to itself), -E2BIG, -ENOMEM; e is filled.
 */
int refer_all(struct section *root, struct error *e);

#endif
