// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which commands there are. `version` and `stats` have strongSwan's names and
 * fields, so that stock clients understand them; what strongSwan counts and
 * we don't have (job queues, plugins) is absent, not zero. Commands of our
 * own start with `cygnet-`.
 *
 * None of them takes an argument yet, and one that comes is refused: a client
 * that asks for less than everything must not get everything silently.
 *
 * A snapshot costs dozens of system calls; `stats`, which monitoring asks often,
 * does without.
 *
 * One answer is one packet. A snapshot too large for VICI_PACKET_MAX (several
 * hundred tunnels, each with dozens of drop reasons) is refused in words.
 */
#include "ctrl/control/commands.h"

#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "ctrl/base/clock.h"
#include "ctrl/control/answers.h"
#include "ctrl/control/duration.h"

struct command {
	const char *name;
	bool from_snapshot;
	/* unless from_snapshot, s has uptime and workers alone */
	void (*write)(struct vici_builder *b, const struct status *s);
};

static void write_version(struct vici_builder *b, const struct status *s)
{
	struct utsname host = { 0 };

	(void)s;
	uname(&host); /* fails on a bad pointer alone */
	vici_str(b, "daemon", "cygnet");
	vici_str(b, "version", CYG_VERSION);
	vici_str(b, "sysname", host.sysname);
	vici_str(b, "release", host.release);
	vici_str(b, "machine", host.machine);
}

static void write_stats(struct vici_builder *b, const struct status *s)
{
	time_t since = time(NULL) - (time_t)s->uptime_s;
	char running[DURATION_STR_MAX], text[64];
	struct tm tm = { 0 };

	localtime_r(&since, &tm);
	strftime(text, sizeof(text), "%b %d %H:%M:%S %Y", &tm);
	vici_section(b, "uptime");
	vici_str(b, "running", duration_str(s->uptime_s, running));
	vici_str(b, "since", text);
	vici_section_end(b);
	vici_section(b, "workers");
	vici_fmt(b, "total", "%u", s->workers);
	vici_section_end(b);
}

static const struct command commands[] = {
	{ "version", false, write_version },
	{ "stats", false, write_stats },
	{ "cygnet-status", true, answer_status },
	{ "cygnet-drops", true, answer_drops },
};

static const struct command *command_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *known = commands[i].name;

		if (strlen(known) == name.len &&
		    memcmp(known, name.ptr, name.len) == 0)
			return &commands[i];
	}
	return NULL;
}

MUST_CHECK static bool refuse(struct vici_builder *out, const char *why)
{
	vici_start(out, VICI_CMD_RESPONSE, NULL);
	vici_str(out, "success", "no");
	vici_str(out, "errmsg", why);
	return vici_finish(out);
}

bool command_answer(const struct vici_packet *request,
		    const struct control_callbacks *callbacks,
		    struct vici_builder *out)
{
	const struct command *command = command_find(request->name);
	const struct status cheap = {
		.uptime_s = (clock_ns() - callbacks->since_ns) / NS_PER_S,
		.workers = callbacks->workers,
	};
	struct status *snapshot = NULL;

	if (!command) {
		vici_start(out, VICI_CMD_UNKNOWN, NULL);
		return vici_finish(out);
	}
	if (request->body.len)
		return refuse(out, "this command takes no arguments");
	if (command->from_snapshot) {
		snapshot = callbacks->status(callbacks->ctx);
		if (!snapshot)
			return refuse(out, "out of memory for a snapshot");
	}
	vici_start(out, VICI_CMD_RESPONSE, NULL);
	command->write(out, snapshot ? snapshot : &cheap);
	status_free(snapshot);
	if (vici_finish(out))
		return true;
	vici_builder_free(out);
	return refuse(out, "the answer does not fit a packet of 512 KiB, "
			   "or memory ran out");
}
