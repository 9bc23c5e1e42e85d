// SPDX-License-Identifier: BSD-2-Clause
/*
 * As strongSwan has it, the counts of all peers together stand in a section
 * without a name, and `all` means those of connections alone, when they are asked
 * for; where they are reset it means both.
 */
#include "ctrl/control/counters.h"

#include <inttypes.h>
#include <string.h>

#include "ctrl/control/requests.h"

static bool is_name(struct slice name, const char *known)
{
	return strlen(known) == name.len &&
	       memcmp(known, name.ptr, name.len) == 0;
}

bool counters_are_asked(struct slice name)
{
	return is_name(name, "get-counters") || is_name(name, "reset-counters");
}

static void put_counts(struct vici_builder *b, const char *conn,
		       const struct ike_counts *counts)
{
	vici_section(b, conn);
	for (unsigned int i = 0; i < IKE_COUNT_N; i++)
		vici_fmt(b, ike_count_name((enum ike_count)i), "%" PRIu64,
			 counts->n[i]);
	vici_section_end(b);
}

/* Of connections alone, where all are wanted. */
static void put_all(struct vici_builder *b, const struct control_callbacks *c)
{
	const struct ike_counts *counts;
	const char *conn;

	for (size_t i = 0; c->counts; i++) {
		counts = c->counts(c->ctx, i, &conn);
		if (!counts)
			return;
		if (*conn)
			put_counts(b, conn, counts);
	}
}

/* false: it has none. */
static bool put_one(struct vici_builder *b, const struct control_callbacks *c,
		    const char *wanted)
{
	const struct ike_counts *counts;
	const char *conn;

	for (size_t i = 0; c->counts; i++) {
		counts = c->counts(c->ctx, i, &conn);
		if (!counts)
			break;
		if (strcmp(conn, wanted) != 0)
			continue;
		put_counts(b, conn, counts);
		return true;
	}
	return false;
}

static void put_result(struct vici_builder *b, const char *why)
{
	vici_str(b, "success", why ? "no" : "yes");
	if (why)
		vici_str(b, "errmsg", why);
}

static void get(struct vici_builder *b, const struct control_callbacks *c,
		const struct arguments *args)
{
	bool found = true;

	vici_section(b, "counters");
	if (args->given & ARG_ALL)
		put_all(b, c);
	else
		found = put_one(b, c, args->name);
	vici_section_end(b);
	put_result(b, found ? NULL : "nothing was counted of that name");
}

static void reset(struct vici_builder *b, const struct control_callbacks *c,
		  const struct arguments *args)
{
	const char *conn = args->given & ARG_ALL ? NULL : args->name;

	if (c->reset_counts)
		c->reset_counts(c->ctx, conn);
	put_result(b, NULL);
}

void counters_answer(const struct vici_packet *request,
		     const struct control_callbacks *callbacks,
		     struct vici_builder *out)
{
	struct arguments args;
	struct error e;
	int err = arguments_read(request->body, ARG_NAME | ARG_ALL, &args, &e);

	vici_start(out, VICI_CMD_RESPONSE, NULL);
	if (err)
		put_result(out, e.text);
	else if (is_name(request->name, "get-counters"))
		get(out, callbacks, &args);
	else
		reset(out, callbacks, &args);
}
