// SPDX-License-Identifier: BSD-2-Clause
/*
 * A round sends PROBES_MAX sizes, spread over what is in question, each twice,
 * and what is in question then lies between the largest one that passed and the
 * next. A request's sequence number is its size, or its host's number.
 */
#include "ctrl/cli/probe.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <linux/icmp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "include/proto.h"

#define PROBES_MAX	 16U
#define WAIT_MS		 1000
#define AGAIN_MS	 300 /* one may be lost */
#define ECHO_BYTES	 8U
#define SMALL_BYTES	 64U /* of a packet that asks who is there */
#define PACKET_MAX_BYTES 65535U

struct prober {
	int fd;
	bool v4;
	uint16_t id;
	uint8_t packet[PACKET_MAX_BYTES];
};

/* --- who is there */

static struct addr plus(const struct addr *a, uint8_t n)
{
	struct addr out = *a;

	for (size_t i = sizeof(out.octets); n && i--;) {
		const unsigned int sum = out.octets[i] + n;

		out.octets[i] = (uint8_t)sum;
		n = (uint8_t)(sum >> 8);
	}
	return out;
}

static bool is_in(const struct range *net, const struct addr *a)
{
	return memcmp(a, &net->min, sizeof(*a)) >= 0 &&
	       memcmp(a, &net->max, sizeof(*a)) <= 0;
}

/* Routers have the first address of a network or the last one, as a rule. */
size_t probe_guess(const struct range *net, struct addr out[PROBE_HOSTS_MAX])
{
	struct addr before = net->max;
	size_t n = 0;

	if (addr_equal(&net->min, &net->max)) {
		out[0] = net->min;
		return 1;
	}
	/* The same octets but for the last two: a /16 of IPv4. */
	if (memcmp(&net->min, &net->max, sizeof(struct addr) - 2) != 0)
		return 0;
	for (uint8_t i = 1; n < PROBE_HOSTS_MAX - 1; i++) {
		out[n] = plus(&net->min, i);
		if (!is_in(net, &out[n]) || addr_equal(&out[n], &net->max))
			break;
		n++;
	}
	if (before.octets[15]) {
		before.octets[15]--;
		if (is_in(net, &before) &&
		    (!n || !addr_equal(&before, &out[n - 1])))
			out[n++] = before;
	}
	return n;
}

static bool take_address(const struct sockaddr *sa, struct addr *out)
{
	if (!sa)
		return false;
	if (sa->sa_family == AF_INET)
		*out = addr_from_v4(
			((const struct sockaddr_in *)sa)->sin_addr.s_addr);
	else if (sa->sa_family == AF_INET6)
		memcpy(out->octets,
		       &((const struct sockaddr_in6 *)sa)->sin6_addr,
		       sizeof(out->octets));
	return sa->sa_family == AF_INET || sa->sa_family == AF_INET6;
}

bool probe_own_address(const struct range *net, struct addr *out)
{
	struct ifaddrs *all = NULL;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next)
		found = take_address(i->ifa_addr, out) && is_in(net, out);
	freeifaddrs(all);
	return found;
}

/* --- requests and replies */

static socklen_t fill_name(const struct addr *a, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
	struct sockaddr_in *four = (struct sockaddr_in *)out;

	memset(out, 0, sizeof(*out));
	if (addr_is_v4(a)) {
		four->sin_family = AF_INET;
		four->sin_addr.s_addr = addr_v4_be(a);
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	memcpy(&six->sin6_addr, a->octets, sizeof(six->sin6_addr));
	return sizeof(*six);
}

static int set_options(const struct prober *p)
{
	const int probe = p->v4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
	struct icmp6_filter only6;
	struct icmp_filter only4 = { ~(1U << ICMP_ECHOREPLY) };

	ICMP6_FILTER_SETBLOCKALL(&only6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only6);
	if (p->v4)
		return setsockopt(p->fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe,
				  sizeof(probe)) ||
		       setsockopt(p->fd, SOL_RAW, ICMP_FILTER, &only4,
				  sizeof(only4));
	return setsockopt(p->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe,
			  sizeof(probe)) ||
	       setsockopt(p->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only6,
			  sizeof(only6));
}

static int open_prober(struct prober *p, const struct addr *from,
		       struct error *e)
{
	struct sockaddr_storage name;
	const socklen_t len = fill_name(from, &name);

	p->v4 = addr_is_v4(from);
	p->id = (uint16_t)getpid();
	p->fd = socket(p->v4 ? AF_INET : AF_INET6,
		       SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       p->v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (p->fd < 0 || set_options(p) ||
	    bind(p->fd, (const struct sockaddr *)&name, len))
		return error_set(e, -errno, "cannot send ICMP: %s",
				 strerror(errno));
	return 0;
}

static uint16_t checksum(const uint8_t *at, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_u16(uint8_t *at, uint16_t n)
{
	at[0] = (uint8_t)(n >> 8);
	at[1] = (uint8_t)n;
}

static uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t header_bytes(const struct prober *p)
{
	return p->v4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
}

/* bytes: of the packet. false: it is too large for the interface. */
static bool send_one(struct prober *p, const struct addr *to, uint32_t bytes,
		     uint16_t seq)
{
	const size_t len = bytes - header_bytes(p);
	struct sockaddr_storage name;
	const socklen_t name_len = fill_name(to, &name);

	memset(p->packet, 0, len);
	p->packet[0] = p->v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
	put_u16(p->packet + 4, p->id);
	put_u16(p->packet + 6, seq);
	if (p->v4) /* of ICMPv6 the kernel writes it */
		put_u16(p->packet + 2, checksum(p->packet, len));
	return sendto(p->fd, p->packet, len, MSG_DONTWAIT,
		      (const struct sockaddr *)&name, name_len) >= 0 ||
	       errno != EMSGSIZE;
}

/* Is there one? false: none at the moment. */
static bool take_reply(struct prober *p, uint16_t *seq)
{
	const ssize_t got =
		recv(p->fd, p->packet, sizeof(p->packet), MSG_DONTWAIT);
	const size_t head = p->v4 && got > 0 ? (p->packet[0] & 0xfU) * 4 : 0;
	const uint8_t *echo = p->packet + head;

	if (got < 0 || (size_t)got < head + ECHO_BYTES)
		return false;
	*seq = get_u16(echo + 6);
	return echo[0] == (p->v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) &&
	       get_u16(echo + 4) == p->id;
}

/* Something may be there to be read; false: the time is over. */
static bool wait_until(const struct prober *p, uint64_t deadline_ns)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
	const uint64_t now_ns = clock_ns();

	return now_ns < deadline_ns &&
	       poll(&pfd, 1, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1) > 0;
}

/* --- questions */

int probe_find(const struct addr *from, const struct addr *hosts, size_t n,
	       struct addr *found, struct error *e)
{
	struct prober *p = calloc(1, sizeof(*p));
	const uint64_t end_ns = clock_ns() + WAIT_MS * NS_PER_MS;
	int err;
	uint16_t seq;

	if (!p)
		return error_set(e, -ENOMEM, "out of memory");
	err = open_prober(p, from, e);
	for (unsigned int tries = 0; !err && tries < 2; tries++) {
		const uint64_t until_ns =
			tries ? end_ns
			      : end_ns - (WAIT_MS - AGAIN_MS) * NS_PER_MS;

		for (size_t i = 0; i < n; i++)
			send_one(p, &hosts[i], SMALL_BYTES, (uint16_t)i);
		while (wait_until(p, until_ns))
			if (take_reply(p, &seq) && seq < n) {
				*found = hosts[seq];
				goto out;
			}
	}
	if (!err)
		err = error_set(e, -ETIMEDOUT, "no reply");
out:
	if (p->fd >= 0)
		close(p->fd);
	free(p);
	return err;
}

/* The largest size so far that came back; all is over when all have. */
static void hear_round(struct prober *p, const uint32_t *sizes, bool *passed,
		       uint64_t until_ns)
{
	size_t missing = 0;
	uint16_t seq;

	for (size_t i = 0; i < PROBES_MAX; i++)
		missing += !passed[i];
	while (missing && wait_until(p, until_ns)) {
		if (!take_reply(p, &seq))
			continue;
		for (size_t i = 0; i < PROBES_MAX; i++)
			if (sizes[i] == seq && !passed[i]) {
				passed[i] = true;
				missing--;
			}
	}
}

/* low passes, high does not; both come closer. */
static void play_round(struct prober *p, const struct addr *to, uint32_t *low,
		       uint32_t *high)
{
	const uint64_t start_ns = clock_ns();
	bool passed[PROBES_MAX] = { false };
	uint32_t sizes[PROBES_MAX];

	for (uint32_t i = 0; i < PROBES_MAX; i++)
		sizes[i] = *low + 1 + (*high - *low - 1) * i / PROBES_MAX;
	for (unsigned int tries = 0; tries < 2; tries++) {
		for (size_t i = 0; i < PROBES_MAX; i++)
			if (!passed[i])
				send_one(p, to, sizes[i], (uint16_t)sizes[i]);
		hear_round(p, sizes, passed,
			   start_ns + (tries ? WAIT_MS : AGAIN_MS) * NS_PER_MS);
	}
	for (size_t i = 0; i < PROBES_MAX; i++)
		if (passed[i] && sizes[i] > *low)
			*low = sizes[i];
	for (size_t i = PROBES_MAX; i--;)
		if (!passed[i] && sizes[i] > *low)
			*high = sizes[i];
}

/* As the kernel has it: what the route says, or a router said. */
static uint32_t route_bytes(const struct prober *p, const struct addr *to)
{
	struct sockaddr_storage name;
	const socklen_t name_len = fill_name(to, &name);
	socklen_t len = sizeof(int);
	int mtu = 0;

	if (connect(p->fd, (const struct sockaddr *)&name, name_len) ||
	    getsockopt(p->fd, p->v4 ? IPPROTO_IP : IPPROTO_IPV6,
		       p->v4 ? IP_MTU : IPV6_MTU, &mtu, &len))
		return 0;
	return (uint32_t)mtu;
}

/* What the interface takes. */
static uint32_t most_bytes(struct prober *p, const struct addr *to)
{
	uint32_t low = SMALL_BYTES, high = PACKET_MAX_BYTES + 1;

	while (high > low + 1) {
		const uint32_t middle = low + (high - low) / 2;

		if (send_one(p, to, middle, (uint16_t)middle))
			low = middle;
		else
			high = middle;
	}
	return low;
}

int probe_largest(const struct addr *from, const struct addr *to,
		  uint32_t *largest, uint32_t *route, struct error *e)
{
	struct prober *p = calloc(1, sizeof(*p));
	uint32_t low = SMALL_BYTES, high;
	int err;

	if (!p)
		return error_set(e, -ENOMEM, "out of memory");
	err = open_prober(p, from, e);
	if (!err) {
		*route = route_bytes(p, to);
		high = most_bytes(p, to) + 1;
		while (high > low + 1)
			play_round(p, to, &low, &high);
		*largest = low;
	}
	if (p->fd >= 0)
		close(p->fd);
	free(p);
	return err;
}
