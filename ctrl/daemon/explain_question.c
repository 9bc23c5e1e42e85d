// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/explain_question.h"

#include <errno.h>
#include <string.h>

#include "ctrl/conf/values.h"
#include "ctrl/wire/ip.h"
#include "include/proto.h"

#define ICMPV6_ECHO 128 /* RFC 4443 section 4.1 */

static int read_addr(const char *what, const char *text, struct addr *out,
		     struct error *e)
{
	if (!addr_parse(text, out))
		return 0;
	return error_set(
		e, -EINVAL,
		"%s '%s' is no address; write one such as 10.1.0.2 or 2001:db8::2",
		what, text);
}

static int read_number(const char *what, const char *text, uint32_t max,
		       uint32_t *out, struct error *e)
{
	if (number_parse(text, 0, max, out))
		return 0;
	return error_set(e, -EINVAL, "%s is a number from 0 to %u, not '%s'",
			 what, max, text);
}

static int read_pair(const struct explain_words *w, const char *const what[2],
		     uint32_t max, struct explain_question *out, struct error *e)
{
	uint32_t one = 0, other = 0;
	int err = read_number(what[0], w->source_port, max, &one, e);

	if (!err)
		err = read_number(what[1], w->destination_port, max, &other, e);
	out->source_port = (uint16_t)one;
	out->destination_port = (uint16_t)other;
	return err;
}

static int read_ports(const struct explain_words *w,
		      struct explain_question *out, struct error *e)
{
	static const char *const what[] = { "the source port",
					    "the destination port" };

	if (!w->source_port[0] || !w->destination_port[0])
		return error_set(
			e, -EINVAL,
			"%s has ports, and policies may ask for them: name both, the source's and the destination's",
			w->protocol);
	return read_pair(w, what, UINT16_MAX, out, e);
}

static bool is_error(const struct explain_question *q)
{
	const uint16_t type = q->source_port;

	if (q->protocol == PROTO_ICMPV6)
		return type < ICMPV6_INFO_MIN;
	return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH ||
	       type == ICMP_REDIRECT || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETER_PROBLEM;
}

static int read_icmp(const struct explain_words *w,
		     struct explain_question *out, struct error *e)
{
	static const char *const what[] = { "the type", "the code" };
	const bool six = out->protocol == PROTO_ICMPV6;
	int err = 0;

	if (six == addr_is_v4(&out->source))
		return error_set(e, -EAFNOSUPPORT,
				 "%s is not of these addresses' family; write %s",
				 w->protocol, six ? "icmp" : "icmpv6");
	out->source_port = six ? ICMPV6_ECHO : ICMP_ECHO;
	if (w->source_port[0] && !w->destination_port[0])
		return error_set(e, -EINVAL,
				 "a type of ICMP goes with its code: name both");
	if (w->source_port[0])
		err = read_pair(w, what, UINT8_MAX, out, e);
	if (!err && is_error(out))
		err = error_set(
			e, -EINVAL,
			"what becomes of an ICMP error depends on the packet that it quotes; ask about that one");
	return err;
}

static int read_spi(const struct explain_words *w, struct explain_question *out,
		    struct error *e)
{
	if (!w->source_port[0] || w->destination_port[0] ||
	    !number_parse(w->source_port, 1, UINT32_MAX, &out->spi))
		return error_set(
			e, -EINVAL,
			"%s has no ports: name its SPI in their place, such as 0x1001",
			w->protocol);
	return 0;
}

static int read_upper(const struct explain_words *w,
		      struct explain_question *out, struct error *e)
{
	if (protocol_has_ports(out->protocol))
		return read_ports(w, out, e);
	if (out->protocol == PROTO_ICMP || out->protocol == PROTO_ICMPV6)
		return read_icmp(w, out, e);
	if (out->protocol == PROTO_ESP || out->protocol == PROTO_AH)
		return read_spi(w, out, e);
	if (w->source_port[0] || w->destination_port[0])
		return error_set(e, -EINVAL, "%s has no ports; leave them out",
				 w->protocol);
	return 0;
}

static int read_in(const char *text, struct explain_question *out,
		   struct error *e)
{
	if (strlen(text) >= sizeof(out->in))
		return error_set(
			e, -ENODEV,
			"there is no interface '%s'; ip link lists those that exist",
			text);
	strcpy(out->in, text);
	return 0;
}

int explain_question_read(const struct explain_words *words,
			  struct explain_question *out, struct error *e)
{
	int err;

	memset(out, 0, sizeof(*out)); /* it crosses processes as it is */
	err = read_addr("source", words->source, &out->source, e);
	if (!err)
		err = read_addr("destination", words->destination,
				&out->destination, e);
	if (err)
		return err;
	if (addr_is_v4(&out->source) != addr_is_v4(&out->destination))
		return error_set(
			e, -EAFNOSUPPORT,
			"%s and %s are of two families; name addresses of one",
			words->source, words->destination);
	if (!protocol_parse(words->protocol, &out->protocol) ||
	    out->protocol == PROTO_ANY)
		return error_set(
			e, -EINVAL,
			"protocol '%s' is none; write a name such as tcp, udp, icmp, icmpv6 or esp, or a number from 1 to 255",
			words->protocol);
	err = read_upper(words, out, e);
	return err ? err : read_in(words->in, out, e);
}
