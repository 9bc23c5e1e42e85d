// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/difference.h"

#include <stdlib.h>

const char *difference_kind_name(enum difference_kind kind)
{
	switch (kind) {
	case DIFFERENCE_NEW:
		return "new";
	case DIFFERENCE_GONE:
		return "gone";
	case DIFFERENCE_CHANGED:
		return "changed";
	}
	return "unknown";
}

const char *difference_of_name(enum difference_of of)
{
	switch (of) {
	case DIFFERENCE_GATEWAY:
		return "section";
	case DIFFERENCE_POLICY:
		return "policy";
	case DIFFERENCE_MANUAL:
		return "manual";
	case DIFFERENCE_CONN:
		return "connection";
	case DIFFERENCE_CHILD:
		return "child";
	case DIFFERENCE_SECRET:
		return "secret";
	case DIFFERENCE_POOL:
		return "pool";
	}
	return "unknown";
}

void difference_free(struct difference *d)
{
	free(d->at);
	*d = (struct difference){ 0 };
}
