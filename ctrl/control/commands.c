// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which commands there are. `version` and `stats` have strongSwan's names and
 * fields, so that stock clients understand them, which show blanks for what is
 * absent: of what strongSwan counts and we don't have (jobs, plugins) there is
 * none, and that is what they say. Commands of our own start with `cygnet-`, but for `reload` in loads.c.
 *
 * An argument that a command does not know is refused: a client that asks for
 * less than everything must not get everything silently.
 *
 * A snapshot costs dozens of system calls; `stats`, which monitoring asks often,
 * does without.
 *
 * Lists go out as events, an item each, to who is registered for them; the
 * answer ends them and is empty. They are written in one go: what a list costs
 * is bounded by the SAs and connections that there are.
 *
 * One answer is one packet. A snapshot too large for VICI_PACKET_MAX (several
 * hundred tunnels, each with dozens of drop reasons) is refused in words, unless
 * its rows go out as events, too: "cygnet-part", to who is registered for it.
 */
#include "ctrl/control/commands.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "ctrl/base/clock.h"
#include "ctrl/control/algorithms.h"
#include "ctrl/control/answers.h"
#include "ctrl/control/certs.h"
#include "ctrl/control/counters.h"
#include "ctrl/control/list_conns.h"
#include "ctrl/control/list_sas.h"
#include "ctrl/control/pools.h"

struct command {
	const char *name;
	bool from_snapshot;
	/* unless from_snapshot, s has uptime, workers and IKE SAs alone */
	void (*write)(struct vici_builder *b, const struct status *s);
	/* Its rows, as events, to who is registered for parts: then the answer
	 * has none. NULL: they are few. */
	bool (*parts)(const struct sink *sink, const struct status *s);
};

struct list {
	const char *name;
	enum topic topic;
	unsigned int known; /* enum argument */
	/* false: out of memory */
	bool (*write)(const struct sink *sink, const struct arguments *args,
		      const struct control_callbacks *callbacks);
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

/* Of the process that answers. */
static void write_memory(struct vici_builder *b)
{
	const struct mallinfo2 m = mallinfo2();

	vici_section(b, "mallinfo");
	vici_fmt(b, "sbrk", "%zu", m.arena);
	vici_fmt(b, "mmap", "%zu", m.hblkhd);
	vici_fmt(b, "used", "%zu", m.uordblks);
	vici_fmt(b, "free", "%zu", m.fordblks);
	vici_section_end(b);
}

/* As strongSwan writes it: of the largest unit of which there are more than two,
 * where that is so. */
static void put_running(struct vici_builder *b, uint64_t seconds)
{
	static const struct {
		const char *name;
		uint64_t s;
	} units[] = { { "day", 86400 },
		      { "hour", 3600 },
		      { "minute", 60 },
		      { "second", 1 } };
	size_t i = 0;

	while (units[i].s > 1 && seconds <= 2 * units[i].s)
		i++;
	seconds /= units[i].s;
	vici_fmt(b, "running", "%" PRIu64 " %s%s", seconds, units[i].name,
		 seconds == 1 ? "" : "s");
}

/* No jobs wait here for threads; the workers have what packets come. */
static void put_jobs(struct vici_builder *b, const char *section, uint64_t low)
{
	vici_section(b, section);
	vici_str(b, "critical", "0");
	vici_str(b, "high", "0");
	vici_str(b, "medium", "0");
	vici_fmt(b, "low", "%" PRIu64, low);
	vici_section_end(b);
}

static void write_stats(struct vici_builder *b, const struct status *s)
{
	time_t since = time(NULL) - (time_t)s->uptime_s;
	char text[64];
	struct tm tm = { 0 };

	localtime_r(&since, &tm);
	strftime(text, sizeof(text), "%b %d %H:%M:%S %Y", &tm);
	vici_section(b, "uptime");
	put_running(b, s->uptime_s);
	vici_str(b, "since", text);
	vici_section_end(b);
	vici_section(b, "workers");
	vici_fmt(b, "total", "%u", s->workers);
	vici_str(b, "idle", "0");
	put_jobs(b, "active", s->workers);
	vici_section_end(b);
	put_jobs(b, "queues", 0);
	vici_str(b, "scheduled", "0");
	vici_section(b, "ikesas");
	vici_fmt(b, "total", "%u", s->n_ike + s->n_connecting);
	vici_fmt(b, "half-open", "%u", s->n_connecting);
	vici_section_end(b);
	vici_list(b, "plugins");
	vici_list_end(b);
	write_memory(b);
}

static const struct command commands[] = {
	{ "version", false, write_version, NULL },
	{ "stats", false, write_stats, NULL },
	{ "cygnet-status", true, answer_status, answer_status_parts },
	{ "cygnet-policies", true, answer_policies, answer_policies_parts },
	{ "cygnet-counters", true, answer_counters, answer_counters_parts },
	{ "cygnet-drops", true, answer_drops, NULL },
	{ "get-algorithms", true, answer_algorithms, NULL },
	{ "cygnet-algorithms", true, answer_own_algorithms, NULL },
};

static bool write_sas(const struct sink *sink, const struct arguments *args,
		      const struct control_callbacks *callbacks)
{
	struct sas *sas;
	bool ok;

	if (!callbacks->sas)
		return true;
	sas = callbacks->sas(callbacks->ctx);
	ok = sas && list_sas(sink, args, sas, clock_ns());
	sas_free(sas);
	return ok;
}

/* Handed over. false: out of memory. */
static bool conns_of(const struct control_callbacks *callbacks,
		     const struct conn_conf ***out, size_t *n)
{
	*n = 0;
	*out = NULL;
	if (!callbacks->conns)
		return true;
	*out = callbacks->conns(callbacks->ctx, n);
	return *out;
}

static bool write_conns(const struct sink *sink, const struct arguments *args,
			const struct control_callbacks *callbacks)
{
	const struct conn_conf **conns;
	size_t n;
	bool ok = conns_of(callbacks, &conns, &n) &&
		  list_conns(sink, args, conns, n, &callbacks->loads.certs);

	free(conns);
	return ok;
}

static bool write_policies(const struct sink *sink, const struct arguments *args,
			   const struct control_callbacks *callbacks)
{
	const struct policy_conf *policies = NULL;
	const struct conn_conf **conns;
	size_t n, n_policies = 0;
	bool ok = conns_of(callbacks, &conns, &n) &&
		  list_traps(sink, args, conns, n);

	free(conns);
	if (callbacks->policies)
		policies = callbacks->policies(callbacks->ctx, &n_policies);
	return ok && list_shunts(sink, args, policies, n_policies);
}

static bool write_certs(const struct sink *sink, const struct arguments *args,
			const struct control_callbacks *callbacks)
{
	return list_certs(sink, args, &callbacks->loads.certs);
}

static bool write_authorities(const struct sink *sink,
			      const struct arguments *args,
			      const struct control_callbacks *callbacks)
{
	return list_authorities(sink, args, &callbacks->loads.certs);
}

static const struct list lists[] = {
	{ "list-sas", TOPIC_LIST_SA,
	  ARG_NOBLOCK | ARG_IKE | ARG_IKE_ID | ARG_CHILD | ARG_CHILD_ID,
	  write_sas },
	{ "list-conns", TOPIC_LIST_CONN, ARG_IKE, write_conns },
	{ "list-policies", TOPIC_LIST_POLICY,
	  ARG_TRAP | ARG_DROP | ARG_PASS | ARG_IKE | ARG_CHILD, write_policies },
	{ "list-certs", TOPIC_LIST_CERT, ARG_TYPE | ARG_FLAG | ARG_SUBJECT,
	  write_certs },
	{ "list-authorities", TOPIC_LIST_AUTHORITY, ARG_NAME, write_authorities },
};

/* --- names of what came over VICI */

static void write_conn_names(struct vici_builder *b,
			     const struct control_callbacks *callbacks)
{
	const struct conn_conf **conns;
	size_t n;

	if (conns_of(callbacks, &conns, &n))
		put_conn_names(b, conns, n);
	else
		b->failed = true;
	free(conns);
}

static void write_shared(struct vici_builder *b,
			 const struct control_callbacks *callbacks)
{
	const struct control_loads *loads = &callbacks->loads;
	const char *id;
	size_t at = 0;

	vici_list(b, "keys");
	while (loads->shared_id && (id = loads->shared_id(loads->ctx, &at)))
		vici_list_item(b, id);
	vici_list_end(b);
}

static void write_keys(struct vici_builder *b,
		       const struct control_callbacks *callbacks)
{
	const struct control_keys *keys = &callbacks->loads.keys;
	const char *id;
	size_t at = 0;

	vici_list(b, "keys");
	while (keys->id && (id = keys->id(keys->ctx, &at)))
		vici_list_item(b, id);
	vici_list_end(b);
}

static void write_authority_names(struct vici_builder *b,
				  const struct control_callbacks *callbacks)
{
	put_authority_names(b, &callbacks->loads.certs);
}

struct names {
	const char *name;
	void (*write)(struct vici_builder *b,
		      const struct control_callbacks *callbacks);
};

static const struct names names[] = {
	{ "get-conns", write_conn_names },
	{ "get-shared", write_shared },
	{ "get-keys", write_keys },
	{ "get-authorities", write_authority_names },
};

static bool is_name(struct slice name, const char *known)
{
	return strlen(known) == name.len &&
	       memcmp(known, name.ptr, name.len) == 0;
}

static const struct command *command_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (is_name(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static const struct names *names_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_name(name, names[i].name))
			return &names[i];
	return NULL;
}

static const struct list *list_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (is_name(name, lists[i].name))
			return &lists[i];
	return NULL;
}

bool command_counts(struct slice name)
{
	const struct command *command = command_find(name);

	return command ? command->from_snapshot : is_name(name, "list-sas");
}

bool command_accept(struct vici_builder *out)
{
	vici_start(out, VICI_CMD_RESPONSE, NULL);
	vici_str(out, "success", "yes");
	return vici_finish(out);
}

bool command_refuse(struct vici_builder *out, const char *why)
{
	vici_start(out, VICI_CMD_RESPONSE, NULL);
	vici_str(out, "success", "no");
	vici_str(out, "errmsg", why);
	return vici_finish(out);
}

/* An answer that may be too large for a packet. */
MUST_CHECK static bool finish(struct vici_builder *out)
{
	if (vici_finish(out))
		return true;
	vici_builder_free(out);
	return command_refuse(out, "the answer does not fit a packet of 512 "
				   "KiB, or memory ran out");
}

MUST_CHECK static bool list_answer(const struct list *list,
				   const struct vici_packet *request,
				   const struct control_callbacks *callbacks,
				   const struct sink *sink,
				   struct vici_builder *out)
{
	struct arguments args;
	struct error e;

	if (arguments_read(request->body, list->known, &args, &e))
		return command_refuse(out, e.text);
	if (sink_wants(sink, list->topic) && !list->write(sink, &args, callbacks))
		return command_refuse(out, "out of memory for a list");
	vici_start(out, VICI_CMD_RESPONSE, NULL);
	return vici_finish(out);
}

MUST_CHECK static bool names_answer(const struct names *of,
				    const struct control_callbacks *callbacks,
				    struct vici_builder *out)
{
	vici_start(out, VICI_CMD_RESPONSE, NULL);
	of->write(out, callbacks);
	return finish(out);
}

/* false: out of memory. */
static bool put_parts(const struct command *command, const struct sink *sink,
		      struct status *s)
{
	if (!command->parts || !sink_wants(sink, TOPIC_PART))
		return true;
	if (!command->parts(sink, s))
		return false;
	s->n_tunnels = s->n_policies = 0;
	return true;
}

MUST_CHECK static bool plain_answer(const struct command *command,
				    const struct control_callbacks *callbacks,
				    const struct sink *sink,
				    struct vici_builder *out)
{
	struct status cheap = {
		.uptime_s = (clock_ns() - callbacks->since_ns) / NS_PER_S,
		.workers = callbacks->workers,
	};
	struct status *snapshot = NULL;

	if (callbacks->count_ike)
		callbacks->count_ike(callbacks->ctx, &cheap.n_ike,
				     &cheap.n_connecting);
	if (command->from_snapshot) {
		snapshot = callbacks->status(callbacks->ctx);
		if (!snapshot)
			return command_refuse(out,
					      "out of memory for a snapshot");
		if (!put_parts(command, sink, snapshot)) {
			status_free(snapshot);
			return command_refuse(out, "out of memory for a list");
		}
	}
	vici_start(out, VICI_CMD_RESPONSE, NULL);
	command->write(out, snapshot ? snapshot : &cheap);
	status_free(snapshot);
	return finish(out);
}

MUST_CHECK static bool pools_answer(struct slice body,
				    const struct control_callbacks *callbacks,
				    struct vici_builder *out)
{
	struct pool_list *pools = NULL;
	struct arguments args;
	struct error e;

	if (arguments_read(body, POOLS_KNOWN, &args, &e))
		return command_refuse(out, e.text);
	if (callbacks->pools) {
		pools = callbacks->pools(callbacks->ctx);
		if (!pools)
			return command_refuse(out,
					      "out of memory for a snapshot");
	}
	vici_start(out, VICI_CMD_RESPONSE, NULL);
	if (pools)
		put_pools(out, &args, pools);
	pool_list_free(pools);
	return finish(out);
}

bool command_answer(const struct vici_packet *request,
		    const struct control_callbacks *callbacks,
		    const struct sink *sink, struct vici_builder *out)
{
	const struct command *command = command_find(request->name);
	const struct list *list = list_find(request->name);
	const struct names *of = names_find(request->name);

	if (list)
		return list_answer(list, request, callbacks, sink, out);
	if (counters_are_asked(request->name)) {
		counters_answer(request, callbacks, out);
		return finish(out);
	}
	if (is_name(request->name, "get-pools"))
		return pools_answer(request->body, callbacks, out);
	if (!command && !of) {
		vici_start(out, VICI_CMD_UNKNOWN, NULL);
		return vici_finish(out);
	}
	if (request->body.len)
		return command_refuse(out, "this command takes no arguments");
	if (of)
		return names_answer(of, callbacks, out);
	return plain_answer(command, callbacks, sink, out);
}
