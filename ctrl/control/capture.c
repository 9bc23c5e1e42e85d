// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/control/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/control/vici.h"
#include "ctrl/model/status.h"
#include "include/proto.h"

enum word { WORD_SA, WORD_POLICY, WORD_DROP, WORD_SIDE, WORD_NUMBER };

/* Keys with a number have its bounds. */
static const struct key {
	const char *name;
	enum word word;
	uint64_t min, max;
} keys[] = {
	{ .name = "sa", .word = WORD_SA },
	{ .name = "policy", .word = WORD_POLICY },
	{ .name = "drop", .word = WORD_DROP },
	{ .name = "side", .word = WORD_SIDE },
	{ "count", WORD_NUMBER, 1, UINT32_MAX },
	{ "snaplen", WORD_NUMBER, CAPTURE_SNAPLEN_MIN, CAPTURE_SNAPLEN_MAX },
	{ "timeout", WORD_NUMBER, 1, CAPTURE_TIME_MAX_S },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

/* The whole text is that number, decimal or 0x… */
static bool is_number(const char *text, uint64_t min, uint64_t max,
		      uint64_t *out)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
	return !*end && !errno && *out >= min && *out <= max;
}

static int read_spi(const char *text, struct capture_filter *out,
		    struct error *e)
{
	uint64_t spi;

	if (!is_number(text, SPI_RESERVED_MAX + 1, UINT32_MAX, &spi))
		return error_set(
			e, -EINVAL,
			"'%s' is no SPI; `cygnet status` shows those of SAs that are up",
			text);
	out->spi = (uint32_t)spi;
	return 0;
}

static int read_drop(const char *text, struct capture_filter *out,
		     struct error *e)
{
	if (strcmp(text, "any") == 0) {
		out->drop = CAPTURE_ANY_DROP;
		return 0;
	}
	for (uint32_t i = 1; i < DROP_MAX; i++)
		if (strcmp(text, drop_name((enum drop_reason)i)) == 0)
			out->drop = i;
	if (!out->drop)
		return error_set(
			e, -EINVAL,
			"'%s' is no reason for a drop; `cygnet drops --all` shows them",
			text);
	if (!capture_sees((enum drop_reason)out->drop))
		return error_set(
			e, -EINVAL,
			"what is dropped as %s never comes to a worker, where packets are captured; tcpdump on the interface shows it",
			text);
	return 0;
}

static int read_side(const char *text, struct capture_filter *out,
		     struct error *e)
{
	if (strcmp(text, "before") == 0)
		out->sides = CAPTURE_CLEAR;
	else if (strcmp(text, "after") == 0)
		out->sides = CAPTURE_CIPHER;
	else
		return error_set(e, -EINVAL,
				 "side is before or after, not '%s'", text);
	return 0;
}

static int read_count(const struct key *key, const char *text,
		      struct capture_filter *out, struct error *e)
{
	uint64_t n;

	if (!is_number(text, key->min, key->max, &n))
		return error_set(e, -EINVAL,
				 "%s is a number from %u to %u, not '%s'",
				 key->name, (uint32_t)key->min,
				 (uint32_t)key->max, text);
	if (strcmp(key->name, "count") == 0)
		out->count = n;
	else if (strcmp(key->name, "snaplen") == 0)
		out->snaplen = (uint32_t)n;
	else
		out->time_s = (uint32_t)n;
	return 0;
}

static int read_value(const struct key *key, const char *text,
		      struct capture_request *out, struct error *e)
{
	switch (key->word) {
	case WORD_SA:
		return read_spi(text, &out->filter, e);
	case WORD_POLICY:
		strcpy(out->policy, text);
		return 0;
	case WORD_DROP:
		return read_drop(text, &out->filter, e);
	case WORD_SIDE:
		return read_side(text, &out->filter, e);
	case WORD_NUMBER:
		return read_count(key, text, &out->filter, e);
	}
	return -EINVAL;
}

/* It is shown in errors. */
static bool read_text(struct slice value, char out[POLICY_NAME_MAX])
{
	bool ok = value.len > 0 && value.len < POLICY_NAME_MAX;

	for (size_t i = 0; i < value.len && ok; i++)
		ok = value.ptr[i] > ' ' && value.ptr[i] <= '~';
	if (!ok)
		return false;
	memcpy(out, value.ptr, value.len);
	out[value.len] = '\0';
	return true;
}

static int read_argument(const struct vici_elem *elem, unsigned int *seen,
			 struct capture_request *out, struct error *e)
{
	char text[POLICY_NAME_MAX];
	size_t i = 0;

	while (i < N_KEYS &&
	       (elem->name.len != strlen(keys[i].name) ||
		memcmp(elem->name.ptr, keys[i].name, elem->name.len) != 0))
		i++;
	if (i == N_KEYS || elem->type != VICI_KEY_VALUE || *seen & 1U << i)
		return error_set(
			e, -EINVAL,
			"this command takes the values sa, policy, drop, side, count, snaplen and timeout, each once, and nothing else");
	*seen |= 1U << i;
	if (!read_text(elem->value, text))
		return error_set(
			e, -EINVAL,
			"argument '%s' must be 1 to %d visible ASCII characters",
			keys[i].name, POLICY_NAME_MAX - 1);
	return read_value(&keys[i], text, out, e);
}

int capture_request_read(struct slice body, struct capture_request *out,
			 struct error *e)
{
	struct vici_reader r = vici_read(body);
	unsigned int seen = 0;
	struct vici_elem elem;
	int err = 0;

	memset(out, 0, sizeof(*out)); /* it crosses processes as it is */
	out->filter.policy = CAPTURE_ANY_POLICY;
	out->filter.sides = CAPTURE_CLEAR | CAPTURE_CIPHER;
	out->filter.snaplen = CAPTURE_SNAPLEN_MAX;
	out->filter.time_s = CAPTURE_TIME_S;
	while (vici_argument(&r, &elem, &err, e))
		err = read_argument(&elem, &seen, out, e);
	return err;
}
