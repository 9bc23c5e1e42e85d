/* SPDX-License-Identifier: BSD-2-Clause */
/* What checks of facts find: for doctor_check.c, where they begin, and its parts. */
#ifndef CYG_CLI_DOCTOR_FOUND_H
#define CYG_CLI_DOCTOR_FOUND_H

#include "ctrl/cli/doctor.h"

struct doctor {
	const struct doctor_facts *facts;
	struct doctor_report *report;
	const char *group;
};

/* One more of its group, without a remedy so far. */
__attribute__((format(printf, 3, 4))) struct finding *doctor_found(
	struct doctor *d, enum doctor_level level, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void doctor_remedy(struct finding *f,
							 const char *fmt, ...);

/* What our errors say is "what is wrong; what to do". */
void doctor_found_error(struct doctor *d, enum doctor_level level,
			const char *text);

/* --- doctor_iface.c --- */

void doctor_check_iface(struct doctor *d, const struct doctor_iface *i);

#endif
