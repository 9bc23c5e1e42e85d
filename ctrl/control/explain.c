// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/control/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/control/words.h"
#include "include/proto.h"

/* --- the question --- */

static const struct {
	const char *key;
	size_t at;
} words[] = {
	{ "source", offsetof(struct explain_words, source) },
	{ "destination", offsetof(struct explain_words, destination) },
	{ "protocol", offsetof(struct explain_words, protocol) },
	{ "source-port", offsetof(struct explain_words, source_port) },
	{ "destination-port", offsetof(struct explain_words, destination_port) },
	{ "in", offsetof(struct explain_words, in) },
};

#define N_WORDS (sizeof(words) / sizeof(words[0]))

static bool is_text(struct slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

static bool is_word(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] <= ' ' || value.ptr[i] > '~')
			return false;
	return value.len > 0 && value.len < EXPLAIN_WORD_MAX;
}

static int read_word(const struct vici_elem *elem, struct explain_words *out,
		     struct error *e)
{
	size_t i = 0;
	char *at;

	while (i < N_WORDS && !is_text(elem->name, words[i].key))
		i++;
	if (i == N_WORDS || elem->type != VICI_KEY_VALUE)
		return error_set(
			e, -EINVAL,
			"this command takes the values source, destination, protocol, source-port, destination-port and in, and nothing else");
	at = (char *)out + words[i].at;
	if (*at || !is_word(elem->value))
		return error_set(
			e, -EINVAL,
			"argument '%s' must be given once, as 1 to %d visible ASCII characters",
			words[i].key, EXPLAIN_WORD_MAX - 1);
	memcpy(at, elem->value.ptr, elem->value.len);
	return 0;
}

static int read_words(struct slice body, struct explain_words *out,
		      struct error *e)
{
	struct vici_reader r = vici_read(body);
	struct vici_elem elem;
	int err = 0;

	*out = (struct explain_words){ .source = "" };
	while (vici_argument(&r, &elem, &err, e))
		err = read_word(&elem, out, e);
	for (size_t i = 0; i < 3 && !err; i++)
		if (!*((const char *)out + words[i].at))
			return error_set(e, -EINVAL, "argument '%s' is missing",
					 words[i].key);
	return err;
}

bool explain_is_asked(struct slice name)
{
	return is_text(name, "cygnet-explain");
}

int explain_run(struct slice body, const struct control_callbacks *callbacks,
		uint64_t token, struct error *e)
{
	struct explain_words asked;
	int err = read_words(body, &asked, e);

	if (err)
		return err;
	if (!callbacks->explain)
		return error_set(e, -ENOTSUP, "there is no data path here");
	return callbacks->explain(callbacks->ctx, token, &asked, e);
}

/* --- the answer --- */

static void put_addr(struct vici_builder *b, const char *key,
		     const struct addr *a)
{
	char text[ADDR_STR_MAX];

	vici_str(b, key, addr_str(a, text));
}

/* Of protocols that have none of it, nothing. */
static void put_upper(struct vici_builder *b, const struct explain_question *q)
{
	const bool icmp =
		q->protocol == PROTO_ICMP || q->protocol == PROTO_ICMPV6;

	if (q->spi)
		vici_fmt(b, "spi", "0x%08" PRIx32, q->spi);
	else if (icmp || q->source_port || q->destination_port) {
		vici_fmt(b, icmp ? "type" : "source_port", "%u", q->source_port);
		vici_fmt(b, icmp ? "code" : "destination_port", "%u",
			 q->destination_port);
	}
}

static void put_flow(struct vici_builder *b, const struct explain_question *q)
{
	vici_section(b, "flow");
	put_addr(b, "source", &q->source);
	put_addr(b, "destination", &q->destination);
	vici_fmt(b, "protocol", "%u", q->protocol);
	put_upper(b, q);
	vici_section_end(b);
}

static void put_step(struct vici_builder *b, size_t number,
		     const struct explain_step *s)
{
	char name[16];

	snprintf(name, sizeof(name), "%zu", number);
	vici_section(b, name);
	vici_str(b, "at", explain_place_name((enum explain_place)s->place));
	if (s->iface[0])
		vici_str(b, "interface", s->iface);
	vici_str(b, "decision", explain_step_name(s));
	vici_str(b, "text", explain_step_text(s));
	vici_section_end(b);
}

static void put_policy(struct vici_builder *b, const struct explain_policy *p)
{
	vici_section(b, "policy");
	vici_str(b, "name", p->name);
	vici_fmt(b, "policy", "%" PRIu32, p->id);
	vici_str(b, "action", action_name((enum spd_action)p->action));
	if (p->tunnel[0])
		vici_str(b, "tunnel", p->tunnel);
	put_if_id(b, "if-id-out", p->if_id);
	vici_section_end(b);
}

static void put_sa(struct vici_builder *b, const struct explain_sa *sa)
{
	vici_section(b, "sa");
	vici_fmt(b, "spi", "0x%08" PRIx32, sa->spi);
	put_addr(b, "local", &sa->local);
	put_addr(b, "remote", &sa->remote);
	vici_str(b, "encap", sa->udp ? "yes" : "no");
	if (sa->carrier)
		vici_fmt(b, "bundle", "0x%08" PRIx32, sa->carrier);
	vici_section_end(b);
}

static void put_way(struct vici_builder *b, const struct explain_way *way)
{
	vici_section(b, "next_hop");
	put_addr(b, "address", &way->hop);
	vici_str(b, "interface", way->iface);
	vici_str(b, "resolved", way->resolved ? "yes" : "no");
	vici_fmt(b, "mtu", "%" PRIu32, way->mtu);
	vici_fmt(b, "inner_mtu", "%" PRIu32, way->inner_mtu);
	vici_section_end(b);
}

void answer_explanation(struct vici_builder *b, const struct explanation *x)
{
	char remedy[EXPLAIN_REMEDY_MAX];

	vici_str(b, "verdict",
		 explain_outcome_name((enum explain_outcome)x->outcome));
	put_flow(b, &x->question);
	vici_section(b, "steps");
	for (size_t i = 0; i < x->n_steps && i < EXPLAIN_STEPS_MAX; i++)
		put_step(b, i + 1, &x->step[i]);
	vici_section_end(b);
	if (x->policy.matched)
		put_policy(b, &x->policy);
	if (x->sa.spi)
		put_sa(b, &x->sa);
	if (x->way.iface[0])
		put_way(b, &x->way);
	if (explain_remedy(x, remedy)[0])
		vici_str(b, "remedy", remedy);
}
