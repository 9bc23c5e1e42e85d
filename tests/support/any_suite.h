/* SPDX-License-Identifier: BSD-2-Clause */
/* For policies whose SAs are not the point: every suite, in either mode. */
#ifndef CYG_TESTS_ANY_SUITE_H
#define CYG_TESTS_ANY_SUITE_H

#include "ctrl/model/suites.h"

static inline struct suites any_suite(void)
{
	struct suites s = { .n = 4,
			    .modes = 1U << SADB_TUNNEL | 1U << SADB_TRANSPORT };

	for (uint32_t i = 0; i < s.n; i++)
		s.at[i] = (struct suite_row){
			.encr = UINT64_MAX,
			.integ = i % 2 ? UINT32_MAX : 0,
			.protocol = i / 2 ? IKE_PROTO_AH : IKE_PROTO_ESP,
			.esn = 3,
		};
	return s;
}

#endif
