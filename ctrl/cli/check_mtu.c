// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/check_mtu.h"

#include <string.h>

#include "ctrl/cli/ask.h"
#include "ctrl/cli/probe.h"

bool check_parse_ts(const char *text, struct range *out)
{
	const char *end = strchr(text, '['), *dots;
	char range[RANGE_STR_MAX + 4];
	const size_t len = end ? (size_t)(end - text) : strlen(text);

	if (len >= sizeof(range) || (end && strncmp(end, "[icmp", 5) != 0 &&
				     strncmp(end, "[ipv6-icmp", 10) != 0))
		return false;
	memcpy(range, text, len);
	range[len] = '\0';
	dots = strstr(range, "..");
	if (dots) {
		range[dots - range] = '-';
		memmove(range + (dots - range) + 1, dots + 2,
			strlen(dots + 2) + 1);
	}
	return range_parse(range, out) == 0;
}

struct way {
	struct addr from, to;
	struct addr hosts[PROBE_HOSTS_MAX];
	size_t n;
};

/* The first selectors of one family, of which this host is part. */
static bool find_way(const struct checked *t, const char *to, struct way *out)
{
	const struct node *local = node_first(node_find(t->child, "local-ts"));
	const struct node *remote;
	struct range here, there;

	for (; local; local = local->next) {
		if (!check_parse_ts(local->text, &here) ||
		    !probe_own_address(&here, &out->from))
			continue;
		remote = node_first(node_find(t->child, "remote-ts"));
		for (; remote; remote = remote->next) {
			if (!check_parse_ts(remote->text, &there) ||
			    addr_is_v4(&there.min) != addr_is_v4(&here.min))
				continue;
			out->n = probe_guess(&there, out->hosts);
			if (to)
				out->n = addr_parse(to, &out->hosts[0]) == 0;
			return true;
		}
	}
	return false;
}

/* A new answer, with the same SA; or 0, if it is gone. */
static uint64_t packets_out(const struct checked *t)
{
	struct question q = { .command = "list-sas", .event = "list-sa" };
	const struct node *item;
	struct node *answer;
	struct error e;
	uint64_t n = 0;

	question_add(&q, "ike", t->conn);
	question_add(&q, "child-id", node_text(t->child, "uniqueid"));
	answer = ask_daemon(t->path, &q, "sas", &e);
	for (item = node_first(node_find(answer, "sas")); item;
	     item = item->next)
		n += node_count(
			node_first(node_find(node_first(item), "child-sas")),
			"packets-out");
	node_free(answer);
	return n;
}

static void skip_mtu(struct findings *out, const char *why, const char *remedy)
{
	finding_remedy(finding_add(out, "mtu", VERDICT_SKIPPED, "%s", why),
		       "%s", remedy);
}

static void say_largest(const struct way *w, uint32_t largest, uint32_t route,
			struct findings *out)
{
	char to[ADDR_STR_MAX];
	struct finding *f;

	addr_str(&w->to, to);
	if (route > largest) {
		f = finding_add(out, "mtu", VERDICT_WRONG,
				"packets of %u octets pass to %s, and the route "
				"has room for %u: larger ones vanish",
				largest, to, route);
		finding_remedy(f,
			       "let ICMP \"too big\" errors pass on the way to "
			       "the peer, or lower the MTU of the unprotected "
			       "interface by %u",
			       route - largest);
	} else {
		f = finding_add(out, "mtu", VERDICT_OK,
				"packets of %u octets pass to %s, as the route "
				"says",
				largest, to);
	}
	f->more = json_pack("{s:i,s:i,s:s}", "largest", (int)largest, "route",
			    (int)route, "to", to);
}

void check_mtu(const struct checked *t, const char *to, struct findings *out)
{
	const uint64_t before = packets_out(t);
	uint32_t largest = 0, route = 0;
	struct way w = { .n = 0 };
	struct error e;

	if (!find_way(t, to, &w)) {
		skip_mtu(out,
			 "this host has no address in local-ts from which ICMP "
			 "goes through the tunnel",
			 "ping from a host there: ping -M do -s SIZE HOST");
		return;
	}
	if (!w.n || probe_find(&w.from, w.hosts, w.n, &w.to, &e)) {
		skip_mtu(out, "nobody behind the peer was found who replies",
			 "name a host that does: --to ADDRESS");
		return;
	}
	if (probe_largest(&w.from, &w.to, &largest, &route, &e))
		skip_mtu(out, e.text, "");
	else if (packets_out(t) <= before)
		skip_mtu(out, "the packets did not go through the tunnel",
			 "`cygnet explain` says where they go");
	else
		say_largest(&w, largest, route, out);
}
