/* SPDX-License-Identifier: BSD-2-Clause */
/* Text of a connection that fills the SPD. */
#ifndef CYG_TESTS_CHILDREN_H
#define CYG_TESTS_CHILDREN_H

#include <stdio.h>
#include <stdlib.h>

#define CHILDREN_PAIRS_MAX 60000U /* of one connection */

/* "name { … children { … } }" with so many pairs of selectors; to be freed. */
static inline char *children_text(const char *name, unsigned int pairs)
{
	static const char sixteen[] =
		"c%u { local_ts = 10.0.0.0/8, 11.0.0.0/8, 12.0.0.0/8, 13.0.0.0/8\n"
		"remote_ts = 14.0.0.0/8, 15.0.0.0/8, 16.0.0.0/8, 17.0.0.0/8 }\n";
	size_t room = 512 + ((size_t)pairs / 16 + 16) * sizeof(sixteen) * 2;
	char *text = malloc(room);
	int len;

	if (!text)
		abort();
	len = snprintf(text, room,
		       "%s {\nremote_addrs = 192.0.2.2\nlocal { auth = psk\n}\n"
		       "remote { auth = psk\n}\nchildren {\n",
		       name);
	for (unsigned int i = 0; i < pairs / 16; i++)
		len += snprintf(text + len, room - (size_t)len, sixteen, i);
	for (unsigned int i = 0; i < pairs % 16; i++)
		len += snprintf(text + len, room - (size_t)len, "d%u { }\n", i);
	snprintf(text + len, room - (size_t)len, "}\n}\n");
	return text;
}

#endif
