// SPDX-License-Identifier: BSD-2-Clause
/*
 * Selectors of a policy: ranges of addresses, of ports, and of ICMP's types and
 * codes, which stand where ports do (RFC 7296 section 3.13.1), as do types of
 * Mobility Headers, without a code (RFC 4301 section 4.4.1.1).
 */
#include "ctrl/conf/values_policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctrl/base/range.h"
#include "ctrl/conf/fail.h"
#include "ctrl/conf/values.h"
#include "ctrl/model/config.h"
#include "include/proto.h"

#define TEXT_MAX 32 /* of ports, with the NUL */

static int read_addrs(const struct key *k, const struct value *v,
		      struct addr *min, struct addr *max, struct error *e)
{
	struct range r;
	struct prefix p;
	int err = range_parse(v->text, &r);

	if (err == -EDOM)
		return value_fail(e, v, -EINVAL,
				  "ends before it begins; write the lower "
				  "address first");
	if (err || is_mapped(v->text, &r.min)) /* says what is wrong */
		return value_prefix(k, v, &p, e);
	*min = r.min;
	*max = r.max;
	return 0;
}

VALUE_READER(value_local_range)
{
	struct sadb_selector *s = &((struct policy_conf *)out)->selector;

	return read_addrs(k, v, &s->local_min, &s->local_max, e);
}

VALUE_READER(value_remote_range)
{
	struct sadb_selector *s = &((struct policy_conf *)out)->selector;

	return read_addrs(k, v, &s->remote_min, &s->remote_max, e);
}

/* Writes it in two at its dash; the second is the first where there is none. */
static bool halves(const struct value *v, char text[TEXT_MAX], char **second)
{
	char *dash;

	if (strlen(v->text) >= TEXT_MAX)
		return false;
	strcpy(text, v->text);
	dash = strchr(text, '-');
	*second = dash ? dash + 1 : text;
	if (dash)
		*dash = '\0';
	return true;
}

/* RFC 4301 section 4.4.1.2. */
static bool is_opaque(const struct value *v, uint16_t *min, uint16_t *max)
{
	if (strcasecmp(v->text, "opaque") != 0)
		return false;
	*min = PORT_OPAQUE_MIN;
	*max = PORT_OPAQUE_MAX;
	return true;
}

/* N or N-M. */
static int read_ports(const struct key *k, const struct value *v, uint16_t *min,
		      uint16_t *max, struct error *e)
{
	char text[TEXT_MAX], *second;
	uint32_t first, last;

	if (is_opaque(v, min, max))
		return 0;
	if (!halves(v, text, &second) ||
	    !number_parse(text, 0, UINT16_MAX, &first) ||
	    !number_parse(second, first, UINT16_MAX, &last))
		return value_fail_form(k, v, e);
	*min = (uint16_t)first;
	*max = (uint16_t)last;
	return 0;
}

VALUE_READER(value_local_ports)
{
	struct sadb_selector *s = &((struct policy_conf *)out)->selector;

	return read_ports(k, v, &s->local_port_min, &s->local_port_max, e);
}

VALUE_READER(value_remote_ports)
{
	struct sadb_selector *s = &((struct policy_conf *)out)->selector;

	return read_ports(k, v, &s->remote_port_min, &s->remote_port_max, e);
}

/* TYPE or TYPE/CODE; without a code the one that is given. */
static bool read_type(char *text, uint32_t code, uint32_t *out)
{
	char *slash = strchr(text, '/');
	uint32_t type;

	if (slash)
		*slash = '\0';
	if (!number_parse(text, 0, UINT8_MAX, &type) ||
	    (slash && !number_parse(slash + 1, 0, UINT8_MAX, &code)))
		return false;
	*out = type << 8 | code;
	return true;
}

static int read_types(const struct key *k, const struct value *v,
		      struct sadb_selector *s, struct error *e)
{
	char text[TEXT_MAX], again[TEXT_MAX], *second;
	uint32_t first, last;

	if (is_opaque(v, &s->local_port_min, &s->local_port_max))
		return 0;
	if (!halves(v, text, &second))
		return value_fail_form(k, v, e);
	strcpy(again, second);
	if (!read_type(text, 0, &first) ||
	    !read_type(again, UINT8_MAX, &last) || first > last)
		return value_fail_form(k, v, e);
	s->local_port_min = s->remote_port_min = (uint16_t)first;
	s->local_port_max = s->remote_port_max = (uint16_t)last;
	return 0;
}

VALUE_READER(value_icmp)
{
	return read_types(k, v, &((struct policy_conf *)out)->selector, e);
}

VALUE_READER(value_mh)
{
	if (strchr(v->text, '/')) /* it has no codes */
		return value_fail_form(k, v, e);
	return read_types(k, v, &((struct policy_conf *)out)->selector, e);
}
