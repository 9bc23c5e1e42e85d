// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/status.h"

#include <stdlib.h>

void status_free(struct status *s)
{
	if (!s)
		return;
	free(s->tunnels);
	free(s->policies);
	free(s->certs);
	free(s);
}

const char *drop_name(enum drop_reason reason)
{
	static const char *const names[DROP_MAX] = { [DROP_NONE] = "none",
#define X(id, name, text) [DROP_##id] = name,
						     DROP_REASONS(X)
#undef X
	};

	return names[reason];
}

const char *sadb_cause_name(enum sadb_cause cause)
{
	switch (cause) {
	case SADB_BY_TIME:
		return "time";
	case SADB_BY_BYTES:
		return "bytes";
	case SADB_BY_PKTS:
		return "packets";
	case SADB_BY_NUMBERS:
		return "sequence_numbers";
	case SADB_BY_NONE:
		break;
	}
	return "none";
}

const char *drop_text(enum drop_reason reason)
{
	static const char *const texts[DROP_MAX] = { [DROP_NONE] = "not dropped",
#define X(id, name, text) [DROP_##id] = text,
						     DROP_REASONS(X)
#undef X
	};

	return texts[reason];
}

const char *pass_name(enum pass_reason reason)
{
	static const char *const names[PASS_MAX] = {
#define X(id, name, text) [PASS_##id] = name,
		PASS_REASONS(X)
#undef X
	};

	return names[reason];
}

const char *pass_text(enum pass_reason reason)
{
	static const char *const texts[PASS_MAX] = {
#define X(id, name, text) [PASS_##id] = text,
		PASS_REASONS(X)
#undef X
	};

	return texts[reason];
}

const char *action_name(enum spd_action action)
{
	switch (action) {
	case SPD_PROTECT:
		return "protect";
	case SPD_BYPASS:
		return "bypass";
	case SPD_DISCARD:
		return "discard";
	}
	return "unknown";
}

const char *tunnel_state_name(enum tunnel_state state)
{
	switch (state) {
	case TUNNEL_UP:
		return "up";
	case TUNNEL_CONNECTING:
		return "connecting";
	case TUNNEL_TRAP:
		return "trap";
	case TUNNEL_DOWN:
		return "down";
	}
	return "unknown";
}

const char *child_action_name(enum child_action action)
{
	switch (action) {
	case CHILD_NONE:
		return "none";
	case CHILD_TRAP:
		return "trap";
	case CHILD_START:
		return "start";
	case CHILD_TRAP_START:
		return "trap|start";
	}
	return "unknown";
}

const char *dirs_name(uint32_t dirs)
{
	if (dirs == SPD_OUT)
		return "out";
	return dirs == SPD_IN ? "in" : "both";
}
