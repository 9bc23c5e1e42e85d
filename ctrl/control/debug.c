// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/control/debug.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX ADDR_STR_MAX

static bool take_text(struct slice value, char out[VALUE_MAX])
{
	if (!value.len || value.len >= VALUE_MAX ||
	    memchr(value.ptr, 0, value.len))
		return false;
	memcpy(out, value.ptr, value.len);
	out[value.len] = '\0';
	return true;
}

static bool is(struct slice name, const char *known)
{
	return name.len == strlen(known) &&
	       memcmp(name.ptr, known, name.len) == 0;
}

static int read_seconds(const char *text, uint32_t *out, struct error *e)
{
	char *end;
	const unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || n < 1 || n > DEBUG_MAX_S)
		return error_set(e, -EINVAL,
				 "argument 'for' must be a number of seconds "
				 "from 1 to %u",
				 DEBUG_MAX_S);
	*out = (uint32_t)n;
	return 0;
}

int debug_request_read(struct slice body, struct addr *peer, uint32_t *seconds,
		       struct error *e)
{
	struct vici_reader r = vici_read(body);
	char text[VALUE_MAX];
	struct vici_elem elem;
	bool has_peer = false;
	int err = 0;

	*seconds = DEBUG_S;
	while (vici_argument(&r, &elem, &err, e)) {
		if (elem.type != VICI_KEY_VALUE || !take_text(elem.value, text) ||
		    !(is(elem.name, "peer") || is(elem.name, "for")))
			return error_set(e, -EINVAL,
					 "this command takes the values peer "
					 "and for, and nothing else");
		if (is(elem.name, "for"))
			err = read_seconds(text, seconds, e);
		else if (addr_parse(text, peer))
			err = error_set(e, -EINVAL,
					"argument 'peer' must be an address");
		else
			has_peer = true;
	}
	if (!err && !has_peer)
		err = error_set(e, -EINVAL, "argument 'peer' is missing");
	return err;
}

bool debug_tell(const struct sink *sink, const struct control_traced *t)
{
	char addr[ADDR_STR_MAX];
	struct vici_builder b;

	if (!sink_wants(sink, TOPIC_DEBUG))
		return true;
	event_start(&b, TOPIC_DEBUG);
	vici_str(&b, "direction", t->out ? "out" : "in");
	vici_str(&b, "local-host", addr_str(&t->local, addr));
	vici_fmt(&b, "local-port", "%u", t->local_port);
	vici_str(&b, "remote-host", addr_str(&t->remote, addr));
	vici_fmt(&b, "remote-port", "%u", t->remote_port);
	vici_fmt(&b, "initiator-spi", "%016" PRIx64, t->spi_i);
	vici_fmt(&b, "responder-spi", "%016" PRIx64, t->spi_r);
	vici_str(&b, "exchange", t->exchange);
	vici_str(&b, "response", t->response ? "yes" : "no");
	vici_fmt(&b, "message-id", "%" PRIu32, t->message_id);
	if (t->untold)
		vici_fmt(&b, "untold", "%u", t->untold);
	vici_str(&b, "text", t->text);
	return sink_put(sink, &b);
}

bool debug_tell_end(const struct sink *sink, const char *why)
{
	struct vici_builder b;

	if (!sink_wants(sink, TOPIC_DEBUG))
		return true;
	event_start(&b, TOPIC_DEBUG);
	vici_str(&b, "end", why);
	return sink_put(sink, &b);
}
