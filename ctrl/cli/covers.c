// SPDX-License-Identifier: BSD-2-Clause
/*
 * The order is the SPD's: policies, then a PROTECT policy for each pair of each
 * child. A dynamic selector is the outer address of its side: our own is the one
 * that the packet has, and a peer's that is not known covers nothing. Tunnels to
 * which routes lead are left out: their policies are for what is routed there.
 */
#include "ctrl/cli/covers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/slice.h"
#include "ctrl/cli/text.h"
#include "ctrl/sadb/policy.h"
#include "include/proto.h"

#define ANCESTORS_MAX 32
#define ENVIRON_MAX   65536
#define SSH_VARIABLE  "SSH_CONNECTION="

/* --- the policies --- */

struct list {
	struct policy *at;
	size_t n;
};

static size_t count_entries(const struct config *c)
{
	size_t n = c->n_policies;

	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			n += c->conns[i].children[k].n_local_ts *
			     c->conns[i].children[k].n_remote_ts;
	return n;
}

/* false: it covers nothing that can be told now. */
static bool net_of(const struct ts_conf *ts, const struct conn_addr *outer,
		   size_t n_outer, struct range *out)
{
	*out = ts_conf_range(ts);
	if (!ts->dynamic)
		return true;
	if (n_outer != 1 || !conn_addr_is_host(outer))
		return false;
	*out = conn_addr_range(outer);
	return true;
}

static void add_pair(struct list *l, const struct conn_conf *conn,
		     const struct ts_conf *local, const struct ts_conf *remote,
		     const struct flow *f)
{
	const struct conn_addr here = {
		.net = { .net = f->local,
			 .bits = addr_is_v4(&f->local) ? 32 : 128 }
	};
	const uint8_t protocol =
		local->protocol ? local->protocol : remote->protocol;
	struct range near, far;
	struct policy *p = &l->at[l->n];

	if (!net_of(local, &here, 1, &near) ||
	    !net_of(remote, conn->remote_addrs, conn->n_remote_addrs, &far) ||
	    addr_is_v4(&near.min) != addr_is_v4(&far.min))
		return;
	p->selector = selector_of_ranges(&near, &far, protocol);
	p->selector.local_port_min = local->port_min;
	p->selector.local_port_max = local->port_max;
	p->selector.remote_port_min = remote->port_min;
	p->selector.remote_port_max = remote->port_max;
	p->action = SPD_PROTECT;
	p->dirs = SPD_BOTH;
	l->n++;
}

static void add_child(struct list *l, const struct conn_conf *conn,
		      const struct child_conf *child, const struct flow *f)
{
	if (child->if_id_out)
		return;
	for (size_t i = 0; i < child->n_local_ts; i++)
		for (size_t k = 0; k < child->n_remote_ts; k++)
			add_pair(l, conn, &child->local_ts[i],
				 &child->remote_ts[k], f);
}

static const struct policy *match(const struct list *l, const struct flow *f)
{
	return policy_lookup(l->at, l->n, f, DIR_OUT).policy;
}

static void add_policies(struct list *l, const struct config *c)
{
	for (size_t i = 0; i < c->n_policies; i++) {
		const struct policy_conf *conf = &c->policies[i];
		struct policy *p = &l->at[l->n];

		if (conf->if_id_out)
			continue;
		p->id = (uint32_t)i;
		p->selector = conf->selector;
		p->dirs = (uint8_t)conf->dirs;
		p->action = conf->action;
		l->n++;
	}
}

/* The first child that covers it, once no policy does. */
static bool find_child(const struct config *c, struct list *l,
		       const struct flow *f, char name[STATUS_NAME_MAX])
{
	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++) {
			const struct conn_conf *conn = &c->conns[i];

			l->n = 0;
			add_child(l, conn, &conn->children[k], f);
			if (!match(l, f))
				continue;
			snprintf(name, STATUS_NAME_MAX, "%s/%s", conn->name,
				 conn->children[k].name);
			return true;
		}
	return false;
}

bool covers_find(const struct config *c, const struct flow *f,
		 char name[STATUS_NAME_MAX])
{
	struct list l = {
		.at = need(calloc(count_entries(c) + 1, sizeof(*l.at))),
	};
	const struct policy *p;
	bool found;

	add_policies(&l, c);
	p = match(&l, f);
	found = p && p->action == SPD_PROTECT;
	if (found)
		snprintf(name, STATUS_NAME_MAX, "%s", c->policies[p->id].name);
	else if (!p)
		found = find_child(c, &l, f, name);
	free(l.at);
	return found;
}

/* --- the session --- */

bool session_parse(const char *text, struct flow *out)
{
	char client[ADDR_STR_MAX], server[ADDR_STR_MAX];
	unsigned int client_port, server_port;

	_Static_assert(ADDR_STR_MAX == 46, "%45s");
	*out = (struct flow){ .protocol = PROTO_TCP,
			      .has_ports = 1,
			      .dir = DIR_OUT };
	if (sscanf(text, "%45s %5u %45s %5u", client, &client_port, server,
		   &server_port) != 4 ||
	    client_port > UINT16_MAX || server_port > UINT16_MAX ||
	    addr_parse(client, &out->remote) || addr_parse(server, &out->local))
		return false;
	out->remote_port = (uint16_t)client_port;
	out->local_port = (uint16_t)server_port;
	return true;
}

static ssize_t read_proc(pid_t pid, const char *what, char *out, size_t room)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, out, room - 1);
	close(fd);
	if (n >= 0)
		out[n] = '\0';
	return n;
}

/* Behind its name, which may have anything in it but ends with the last ')'. */
static pid_t parent_of(pid_t pid)
{
	char text[1024];
	const char *end;
	int parent;

	if (read_proc(pid, "stat", text, sizeof(text)) <= 0)
		return 0;
	end = strrchr(text, ')');
	return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : 0;
}

static bool session_of(pid_t pid, char *text, struct flow *out)
{
	const ssize_t n = read_proc(pid, "environ", text, ENVIRON_MAX);
	const size_t name = strlen(SSH_VARIABLE);

	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(text + at) + 1)
		if (strncmp(text + at, SSH_VARIABLE, name) == 0)
			return session_parse(text + at + name, out);
	return false;
}

/* sudo keeps the variable away from what it runs, not from what runs it. */
bool session_find(struct flow *out)
{
	char *text = need(malloc(ENVIRON_MAX));
	bool found = false;
	pid_t pid = getpid();

	for (int i = 0; i < ANCESTORS_MAX && pid > 1 && !found; i++) {
		found = session_of(pid, text, out);
		pid = parent_of(pid);
	}
	free(text);
	return found;
}
