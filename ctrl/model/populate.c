// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/populate.h"

#include <stdio.h>
#include <string.h>

#include "ctrl/model/sadb.h"

static const struct {
	const char *word;
	uint8_t flag;
} words[] = {
	{ "local_address", PFP_LOCAL },	    { "remote_address", PFP_REMOTE },
	{ "protocol", PFP_PROTOCOL },	    { "local_port", PFP_LOCAL_PORT },
	{ "remote_port", PFP_REMOTE_PORT }, { "ports", PFP_PORTS },
};

#define N (sizeof(words) / sizeof(words[0]))

uint8_t populate_parse(const char *word)
{
	for (size_t i = 0; i < N; i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].flag;
	return 0;
}

const char *populate_str(uint8_t pfp, char out[POPULATE_STR_MAX])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < N && pfp; i++) {
		if ((pfp & words[i].flag) != words[i].flag)
			continue;
		len += (size_t)snprintf(out + len, POPULATE_STR_MAX - len,
					"%s%s", len ? ", " : "", words[i].word);
		pfp &= (uint8_t)~words[i].flag;
	}
	return out;
}
