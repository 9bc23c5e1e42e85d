// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/sas.h"

#include <stdlib.h>

void sas_free(struct sas *s)
{
	if (!s)
		return;
	free(s->ike);
	free(s->child);
	free(s->drops);
	free(s);
}
