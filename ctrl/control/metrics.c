// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a tunnel counts is what its SAs have counted: a rekeyed one begins at 0
 * again, which is what monitoring takes a lower number of a counter for.
 */
#include "ctrl/control/metrics.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdarg.h>

#define SHA256_SHOWN 8 /* octets, which tell one from another */

struct writer {
	struct evbuffer *out;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void put(struct writer *w,
						      const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (evbuffer_add_vprintf(w->out, fmt, ap) < 0)
		w->failed = true;
	va_end(ap);
}

/* A family's head; its rows follow. */
static void family(struct writer *w, const char *name, const char *type,
		   const char *help)
{
	put(w, "# TYPE cygnet_%s %s\n# HELP cygnet_%s %s\n", name, type, name,
	    help);
}

/* In quotes a backslash, a quote and a line's end want a backslash. */
static void put_label(struct writer *w, const char *name, const char *value)
{
	put(w, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n')
			put(w, "\\n");
		else if (*value == '"' || *value == '\\')
			put(w, "\\%c", *value);
		else
			put(w, "%c", *value);
	}
	put(w, "\"");
}

/* --- tunnels */

static void put_tunnel_row(struct writer *w, const char *family_name,
			   const struct tunnel_status *t, uint64_t n)
{
	put(w, "cygnet_%s{", family_name);
	put_label(w, "tunnel", t->name);
	put(w, "} %" PRIu64 "\n", n);
}

static uint64_t is_up(const struct tunnel_status *t)
{
	return t->state == TUNNEL_UP;
}

static uint64_t is_wanted(const struct tunnel_status *t)
{
	return t->start_action == CHILD_START;
}

static uint64_t is_failing(const struct tunnel_status *t)
{
	return t->state != TUNNEL_UP && t->failure.ago_s != STATUS_NEVER_S;
}

static uint64_t pairs_of(const struct tunnel_status *t)
{
	return t->n_sas;
}

static void put_gauges(struct writer *w, const struct status *s)
{
	static const struct {
		const char *name, *help;
		uint64_t (*value)(const struct tunnel_status *t);
	} gauges[] = {
		{ "tunnel_up", "Has it SAs?", is_up },
		{ "tunnel_wanted", "Should it be up, by its start_action?",
		  is_wanted },
		{ "tunnel_failing",
		  "Is it not up, because of a failure? `cygnet why` says which.",
		  is_failing },
		{ "tunnel_sas", "Pairs of SAs.", pairs_of },
	};

	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
		family(w, gauges[i].name, "gauge", gauges[i].help);
		for (size_t k = 0; k < s->n_tunnels; k++)
			put_tunnel_row(w, gauges[i].name, &s->tunnels[k],
				       gauges[i].value(&s->tunnels[k]));
	}
}

static uint64_t packets_of(const struct sa_status *sa)
{
	return sa->pkts;
}

static uint64_t bytes_of(const struct sa_status *sa)
{
	return sa->bytes;
}

static uint64_t drops_of(const struct sa_status *sa)
{
	uint64_t n = 0;

	for (unsigned int i = DROP_NONE + 1; i < DROP_MAX; i++)
		n += sa->drops[i];
	return n;
}

static uint64_t lost_of(const struct sa_status *sa)
{
	return sa->lost;
}

static void put_direction(struct writer *w, const char *name,
			  const struct tunnel_status *t, const char *direction,
			  uint64_t n)
{
	put(w, "cygnet_%s_total{", name);
	put_label(w, "tunnel", t->name);
	put(w, ",direction=\"%s\"} %" PRIu64 "\n", direction, n);
}

static void put_counters(struct writer *w, const struct status *s)
{
	static const struct {
		const char *name, *help;
		uint64_t (*value)(const struct sa_status *sa);
	} counters[] = {
		{ "tunnel_packets", "Packets that its SAs carried.", packets_of },
		{ "tunnel_bytes", "Octets of these before protection.",
		  bytes_of },
		{ "tunnel_dropped_packets", "Packets that its SAs dropped.",
		  drops_of },
		{ "tunnel_lost_packets", "Packets that did not come.", lost_of },
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		family(w, counters[i].name, "counter", counters[i].help);
		for (size_t k = 0; k < s->n_tunnels; k++) {
			const struct tunnel_status *t = &s->tunnels[k];

			put_direction(w, counters[i].name, t, "in",
				      counters[i].value(&t->in));
			put_direction(w, counters[i].name, t, "out",
				      counters[i].value(&t->out));
		}
	}
}

/* --- the gateway */

static void put_gateway(struct writer *w, const struct status *s)
{
	family(w, "build", "info", "Of the daemon.");
	put(w, "cygnet_build_info{");
	put_label(w, "version", CYG_VERSION);
	put(w, "} 1\n");
	family(w, "uptime_seconds", "gauge", "Since the gateway started.");
	put(w, "cygnet_uptime_seconds %" PRIu64 "\n", s->uptime_s);
	family(w, "ike_sas", "gauge", "IKE SAs, by their state.");
	put(w, "cygnet_ike_sas{state=\"up\"} %u\n", s->n_ike);
	put(w, "cygnet_ike_sas{state=\"connecting\"} %u\n", s->n_connecting);
	family(w, "child_sas", "gauge", "CHILD SAs.");
	put(w, "cygnet_child_sas %u\n", s->n_child);
	family(w, "in_flight_packets", "gauge",
	       "Packets that are steered, and not yet seen to end.");
	put(w, "cygnet_in_flight_packets %" PRIu64 "\n", s->counters.in_flight);
}

static void put_drops(struct writer *w, const struct counters *c)
{
	family(w, "dropped_packets", "counter",
	       "By reason; `cygnet drops --all` says what it means.");
	for (unsigned int i = DROP_NONE + 1; i < DROP_MAX; i++)
		put(w,
		    "cygnet_dropped_packets_total{reason=\"%s\"} %" PRIu64 "\n",
		    drop_name((enum drop_reason)i), (uint64_t)c->drops[i].pkts);
	family(w, "passed_packets", "counter",
	       "Let pass or handed on, by reason.");
	for (unsigned int i = 0; i < PASS_MAX; i++)
		put(w,
		    "cygnet_passed_packets_total{reason=\"%s\"} %" PRIu64 "\n",
		    pass_name((enum pass_reason)i), (uint64_t)c->passes[i].pkts);
}

static void put_streams(struct writer *w, const struct stream_counts *n)
{
	family(w, "tcp_connections", "gauge",
	       "Connections of TCP that carry IKE and ESP.");
	put(w, "cygnet_tcp_connections %" PRIu64 "\n", n->open);
	family(w, "tcp_events", "counter",
	       "What became of these, and what they dropped, by name.");
	for (unsigned int i = 0; i < STREAM_COUNTS; i++)
		put(w, "cygnet_tcp_events_total{what=\"%s\"} %" PRIu64 "\n",
		    stream_count_name((enum stream_count)i), n->n[i]);
}

static void put_certs(struct writer *w, const struct status *s)
{
	family(w, "certificate_not_after_seconds", "gauge",
	       "When it ends, in Unix time.");
	for (size_t i = 0; i < s->n_certs; i++) {
		const struct cert_status *cert = &s->certs[i];

		put(w, "cygnet_certificate_not_after_seconds{");
		put_label(w, "subject", cert->subject);
		put(w, ",");
		put_label(w, "file", cert->from);
		put(w, ",kind=\"%s\",sha256=\"", cert->kind);
		for (size_t k = 0; k < SHA256_SHOWN; k++)
			put(w, "%02x", cert->id.octets[k]);
		put(w, "\"} %" PRId64 "\n", cert->not_after_s);
	}
}

bool metrics_write(const struct status *s, struct evbuffer *out)
{
	struct writer w = { .out = out };

	put_gateway(&w, s);
	put_gauges(&w, s);
	put_counters(&w, s);
	put_drops(&w, &s->counters);
	put_streams(&w, &s->streams);
	put_certs(&w, s);
	put(&w, "# EOF\n");
	return !w.failed;
}
