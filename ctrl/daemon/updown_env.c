// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/updown_env.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "include/proto.h"

#define ID_TEXT_MAX 512

/* Of whatever stands there a shell makes one word, or several, and nothing else. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) &&
		    !strchr(" ._:@%+=,/-*", *text))
			*text = '?';
}

/* What does not fit is left out: nobody takes half a value for the whole. */
__attribute__((format(printf, 3, 4))) static void put(struct updown_env *env,
						      const char *name,
						      const char *fmt, ...)
{
	const size_t room = sizeof(env->octets) - env->len;
	char *at = env->octets + env->len;
	size_t begun = strlen(name) + 1;
	va_list ap;
	int n;

	if (begun >= room)
		return;
	snprintf(at, room, "%s=", name);
	va_start(ap, fmt);
	n = vsnprintf(at + begun, room - begun, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room - begun)
		return;
	make_plain(at + begun);
	env->n++;
	env->len += begun + (size_t)n + 1;
}

static void put_addr(struct updown_env *env, const char *name,
		     const struct addr *a)
{
	char text[ADDR_STR_MAX];

	put(env, name, "%s", addr_str(a, text));
}

static void put_id(struct updown_env *env, const char *name,
		   const struct identity *id)
{
	char text[ID_TEXT_MAX];

	put(env, name, "%s", identity_str(id, text, sizeof(text)));
}

/* The smallest network that has both. */
static void put_net(struct updown_env *env, const char *name,
		    const struct addr *min, const struct addr *max)
{
	const bool v4 = addr_is_v4(min);
	struct addr net = *min;
	char text[ADDR_STR_MAX];
	unsigned int bits = 0;

	while (bits < 128 && !((min->octets[bits / 8] ^ max->octets[bits / 8]) &
			       (0x80 >> bits % 8)))
		bits++;
	for (unsigned int i = bits; i < 128; i++)
		net.octets[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	put(env, name, "%s/%u", addr_str(&net, text), v4 ? bits - 96 : bits);
}

static bool is_icmp(uint8_t protocol)
{
	return protocol == PROTO_ICMP || protocol == PROTO_ICMPV6;
}

static uint16_t larger(uint16_t a, uint16_t b)
{
	return a > b ? a : b;
}

/* Of a range the first one; of ICMP the type is ours, and the code the peer's. */
static void put_ports(struct updown_env *env, const struct sadb_selector *s)
{
	unsigned int mine = s->local_port_min, peers = s->remote_port_min;

	if (is_icmp(s->protocol)) {
		peers = larger(s->local_port_min, s->remote_port_min);
		mine = peers >> 8;
		peers &= 0xff;
	}
	put(env, "PLUTO_MY_PORT", "%u", mine);
	put(env, "PLUTO_PEER_PORT", "%u", peers);
}

static bool is_host(const struct updown_what *what)
{
	const struct sadb_selector *s = what->pair;

	return addr_equal(&s->local_min, &s->local_max) &&
	       addr_equal(&s->local_min, &what->ike->local);
}

const char *updown_verb(const struct updown_what *what, char buf[24])
{
	snprintf(buf, 24, "%s-%s%s", what->up ? "up" : "down",
		 is_host(what) ? "host" : "client",
		 addr_is_v4(&what->pair->local_min) ? "" : "-v6");
	return buf;
}

/* PREFIX4_1, PREFIX4_2, PREFIX6_1 and so on. */
static void put_numbered(struct updown_env *env, const char *prefix,
			 const struct addr *at, size_t n, size_t max)
{
	unsigned int v4 = 0, v6 = 0;

	for (size_t i = 0; i < n && i < max; i++) {
		const bool is_v4 = addr_is_v4(&at[i]);
		char name[32];

		snprintf(name, sizeof(name), "%s%c_%u", prefix,
			 is_v4 ? '4' : '6', is_v4 ? ++v4 : ++v6);
		put_addr(env, name, &at[i]);
	}
}

static void put_virtual(struct updown_env *env, const struct ike_sa_view *ike)
{
	if (ike->n_local_vips)
		put_addr(env, "PLUTO_MY_SOURCEIP", ike->local_vips);
	put_numbered(env, "PLUTO_MY_SOURCEIP", ike->local_vips,
		     ike->n_local_vips, CONN_VIPS_MAX);
	if (ike->n_remote_vips)
		put_addr(env, "PLUTO_PEER_SOURCEIP", ike->remote_vips);
	put_numbered(env, "PLUTO_PEER_SOURCEIP", ike->remote_vips,
		     ike->n_remote_vips, CONN_VIPS_MAX);
	put_numbered(env, "PLUTO_DNS", ike->dns, ike->n_dns, CONN_DNS_MAX);
}

static void put_sa(struct updown_env *env, const struct updown_what *what)
{
	const struct child_sa_view *child = what->child;
	char verb[24];

	put(env, "PLUTO_VERSION", "1.1");
	put(env, "PLUTO_VERB", "%s", updown_verb(what, verb));
	put(env, "PLUTO_CONNECTION", "%s", child->name);
	put(env, "PLUTO_INTERFACE", "%s",
	    what->interface ? what->interface : "unknown");
	put(env, "PLUTO_REQID", "%u", what->reqid ? what->reqid : child->policy);
	put(env, "PLUTO_PROTO", "%s",
	    child->protocol == IKE_PROTO_AH ? "ah" : "esp");
	put(env, "PLUTO_UNIQUEID", "%u", what->ike->id);
	if (child->if_id_in)
		put(env, "PLUTO_IF_ID_IN", "%u", child->if_id_in);
	if (child->if_id_out)
		put(env, "PLUTO_IF_ID_OUT", "%u", child->if_id_out);
	if (child->encap)
		put(env, "PLUTO_UDP_ENC", "%u", what->ike->remote_port);
	if (what->hostaccess)
		put(env, "PLUTO_HOST_ACCESS", "1");
}

void updown_env(const struct updown_what *what, struct updown_env *out)
{
	const struct sadb_selector *s = what->pair;

	out->n = out->len = 0;
	put(out, "PATH",
	    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	put_sa(out, what);
	put_addr(out, "PLUTO_ME", &what->ike->local);
	put_id(out, "PLUTO_MY_ID", &what->ike->local_id);
	put_net(out, "PLUTO_MY_CLIENT", &s->local_min, &s->local_max);
	put_ports(out, s);
	put(out, "PLUTO_MY_PROTOCOL", "%u", s->protocol);
	put_addr(out, "PLUTO_PEER", &what->ike->remote);
	put_id(out, "PLUTO_PEER_ID", &what->ike->remote_id);
	put_net(out, "PLUTO_PEER_CLIENT", &s->remote_min, &s->remote_max);
	put(out, "PLUTO_PEER_PROTOCOL", "%u", s->protocol);
	put_virtual(out, what->ike);
}
