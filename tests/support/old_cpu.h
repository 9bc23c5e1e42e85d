/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPU as ipsec-mb sees it: this one, or an older one. The library chooses
 * its code when a manager is initialized; a program with this file in it has its
 * own choice in that place. For managers that are made afterwards.
 */
#ifndef CYG_TESTS_OLD_CPU_H
#define CYG_TESTS_OLD_CPU_H

#include <stdbool.h>

enum old_cpu {
	CPU_AS_IS,
	CPU_AVX2,
	CPU_AVX,
	CPU_SSE,
	CPU_WITHOUT_AES,
	CPU_MAX
};

extern const char *const old_cpu_names[CPU_MAX];

/* false: it would need what this CPU lacks; nothing changed. */
bool old_cpu_pretend(enum old_cpu cpu);

#endif
