// SPDX-License-Identifier: BSD-2-Clause
/*
 * What it writes is little, so that it can be read: what has a default is not
 * there. The interfaces are found without a privilege: towards the peer by the
 * address that this host would send from, towards the network behind us by the
 * address that it has there.
 */
#include "ctrl/cli/init.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/base/addr.h"
#include "ctrl/base/error.h"

#define ANY_PORT 500 /* IKE's; nothing is sent */

void init_print(const struct init_site *site, FILE *out)
{
	fprintf(out,
		"gateway { protected = %s\n"
		"    unprotected = %s }\n"
		"connections { site { remote_addrs = %s\n"
		"    local { auth = psk } remote { auth = psk }\n"
		"    children { net { local_ts = %s\n"
		"        remote_ts = %s\n"
		"        start_action = trap } } } }\n",
		site->protected, site->unprotected, site->peer, site->local_ts,
		site->remote_ts);
	fputs("secrets { ike-site { secret = 0x", out);
	for (size_t i = 0; i < INIT_SECRET_BYTES; i++)
		fprintf(out, "%02x", site->secret[i]);
	fputs(" } }\n", out);
}

/* --- interfaces --- */

static bool addr_of(const struct sockaddr *sa, struct addr *out)
{
	const struct sockaddr_in6 *v6 = (const void *)sa;
	const struct sockaddr_in *v4 = (const void *)sa;

	if (sa && sa->sa_family == AF_INET)
		*out = addr_from_v4(v4->sin_addr.s_addr);
	else if (sa && sa->sa_family == AF_INET6)
		memcpy(out->octets, &v6->sin6_addr, sizeof(out->octets));
	else
		return false;
	return true;
}

/* From which of our addresses the peer would be reached: a socket that is
 * connected has one, and nothing was sent. */
static int source_of(const struct addr *peer, struct prefix *out)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(ANY_PORT) };
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(ANY_PORT),
				  .sin_addr.s_addr = addr_v4_be(peer) };
	const bool is_v4 = addr_is_v4(peer);
	struct sockaddr *sa = is_v4 ? (void *)&v4 : (void *)&v6;
	socklen_t len = is_v4 ? sizeof(v4) : sizeof(v6);
	int fd = socket(sa->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	memcpy(&v6.sin6_addr, peer->octets, sizeof(v6.sin6_addr));
	if (fd < 0)
		return -errno;
	if (connect(fd, sa, len) || getsockname(fd, sa, &len))
		err = -errno;
	else if (!addr_of(sa, &out->net))
		err = -EAFNOSUPPORT;
	out->bits = is_v4 ? 32 : 128;
	close(fd);
	return err;
}

/* The interface that has an address in there. false: there is none. */
static bool iface_in(const struct prefix *net, char out[IF_NAMESIZE])
{
	struct ifaddrs *all = NULL;
	struct addr a;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
		if (i->ifa_flags & IFF_LOOPBACK || !addr_of(i->ifa_addr, &a) ||
		    !prefix_contains(net, &a))
			continue;
		snprintf(out, IF_NAMESIZE, "%s", i->ifa_name);
		found = true;
	}
	freeifaddrs(all);
	return found;
}

/* Where the options name none. */
static int find_ifaces(struct init_site *site, const struct addr *peer,
		       const struct prefix *local, char towards[IF_NAMESIZE],
		       char behind[IF_NAMESIZE], struct error *e)
{
	struct prefix source;

	if (!site->unprotected) {
		if (source_of(peer, &source) || !iface_in(&source, towards))
			return error_set(e, -ENODEV,
					 "no interface leads to %s; name one by "
					 "--unprotected",
					 site->peer);
		site->unprotected = towards;
	}
	if (!site->protected) {
		if (!iface_in(local, behind))
			return error_set(e, -ENODEV,
					 "no interface has an address in %s; "
					 "name one by --protected",
					 site->local_ts);
		site->protected = behind;
	}
	if (strcmp(site->protected, site->unprotected) == 0)
		return error_set(e, -EINVAL,
				 "%s leads to the peer and to %s; name another "
				 "one by --protected or --unprotected",
				 site->protected, site->local_ts);
	return 0;
}

/* --- the command --- */

static int read_net(const char *text, const char *what, struct prefix *out,
		    struct error *e)
{
	int err = prefix_parse(text, out);

	if (err == -EADDRNOTAVAIL)
		return error_set(e, err,
				 "%s %.64s has bits behind its prefix; write "
				 "the network itself",
				 what, text);
	return err ? error_set(e, err,
			       "%s is a network such as 10.1.0.0/24, not "
			       "'%.64s'",
			       what, text)
		   : 0;
}

static int read_site(const struct arguments *args, struct init_site *out,
		     struct addr *peer, struct prefix *local, struct error *e)
{
	struct prefix remote;
	int err;

	*out = (struct init_site){ .protected = args->values[OPTION_PROTECTED],
				   .unprotected =
					   args->values[OPTION_UNPROTECTED],
				   .peer = args->words[0],
				   .local_ts = args->words[1],
				   .remote_ts = args->words[2] };
	if (addr_parse(out->peer, peer) || addr_not_unicast(peer))
		return error_set(e, -EINVAL,
				 "PEER is an address such as 192.0.2.2, not "
				 "'%.64s'",
				 out->peer);
	err = read_net(out->local_ts, "LOCAL_TS", local, e);
	if (!err)
		err = read_net(out->remote_ts, "REMOTE_TS", &remote, e);
	if (!err && (prefix_contains(local, &remote.net) ||
		     prefix_contains(&remote, &local->net)))
		err = error_set(e, -EINVAL,
				"LOCAL_TS and REMOTE_TS have addresses in "
				"common; who is behind whom?");
	return err;
}

/* A new file, which is nobody else's to read: it holds a secret. */
static int write_file(const char *path, const struct init_site *site,
		      struct error *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out)
		return error_set(e, -errno, "cannot write %.200s: %s", path,
				 strerror(errno));
	init_print(site, out);
	return fclose(out) ? error_set(e, -errno, "cannot write %.200s: %s",
				       path, strerror(errno))
			   : 0;
}

static int init(const struct arguments *args, FILE *out, struct error *e)
{
	const char *file = args->values[OPTION_FILE];
	char towards[IF_NAMESIZE], behind[IF_NAMESIZE];
	struct init_site site;
	struct prefix local;
	struct addr peer;
	int err = read_site(args, &site, &peer, &local, e);

	if (!err)
		err = find_ifaces(&site, &peer, &local, towards, behind, e);
	if (!err && getrandom(site.secret, sizeof(site.secret), 0) !=
			    (ssize_t)sizeof(site.secret))
		err = error_set(e, -EIO, "no random numbers: %s",
				strerror(errno));
	if (!err && file && strcmp(file, "-") != 0)
		err = write_file(file, &site, e);
	else if (!err)
		init_print(&site, out);
	explicit_bzero(site.secret, sizeof(site.secret));
	return err;
}

int init_run(const struct arguments *args, FILE *out)
{
	struct error e;

	if (!init(args, out, &e))
		return 0;
	fprintf(stderr, "cygnet: %s\n", e.text);
	return 1;
}
