// SPDX-License-Identifier: BSD-2-Clause
/* An unknown argument's name is not shown: it may be of the key. */
#include "ctrl/control/load_key.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "ctrl/control/commands.h"

struct request {
	struct slice type, data; /* ptr NULL: it did not come */
};

static bool is_text(struct slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

static bool is_word(struct slice s, const char *word)
{
	return s.len == strlen(word) &&
	       strncasecmp((const char *)s.ptr, word, s.len) == 0;
}

static int read_field(const struct vici_elem *elem, struct request *q,
		      struct error *e)
{
	const char *key = is_text(elem->name, "type") ? "type" : "data";
	struct slice *out = is_text(elem->name, "type") ? &q->type : &q->data;

	if (!is_text(elem->name, key))
		return error_set(e, -EINVAL,
				 "this command takes type and data, and "
				 "nothing else");
	if (elem->type != VICI_KEY_VALUE)
		return error_set(e, -EINVAL, "argument '%s' must be one value",
				 key);
	if (out->ptr)
		return error_set(e, -EINVAL, "argument '%s' must be given once",
				 key);
	*out = elem->value;
	return 0;
}

static int read_all(struct slice body, struct request *q, struct error *e)
{
	struct vici_reader r = vici_read(body);
	struct vici_elem elem;
	int err = 0;

	while (vici_argument(&r, &elem, &err, e))
		err = read_field(&elem, q, e);
	if (!err && !q->type.ptr)
		err = error_set(e, -EINVAL, "argument 'type' is missing");
	if (!err && !q->data.len)
		err = error_set(e, -EINVAL,
				"argument 'data' is missing or empty");
	return err;
}

static int read_type(struct slice value, enum control_key_type *out,
		     struct error *e)
{
	static const struct {
		const char *word;
		enum control_key_type type;
	} types[] = {
		{ "any", CONTROL_KEY_ANY },
		{ "rsa", CONTROL_KEY_RSA },
		{ "ecdsa", CONTROL_KEY_ECDSA },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!is_word(value, types[i].word))
			continue;
		*out = types[i].type;
		return 0;
	}
	return error_set(e, -EINVAL,
			 "argument 'type' must be rsa, ecdsa or any");
}

static int load(struct slice body, const struct control_keys *keys,
		char id[KEY_ID_STR_MAX], struct error *e)
{
	struct request q = { .type = slice_of(NULL, 0) };
	enum control_key_type type = CONTROL_KEY_ANY;
	int err = read_all(body, &q, e);

	if (!err)
		err = read_type(q.type, &type, e);
	if (err)
		return err;
	if (!keys->load)
		return error_set(e, -ENOTSUP,
				 "what is loaded can't be changed here");
	return keys->load(keys->ctx, type, q.data, id, e);
}

bool load_key_is_asked(struct slice name)
{
	return is_text(name, "load-key");
}

bool load_key_answer(struct slice body, const struct control_keys *keys,
		     struct vici_builder *out)
{
	char id[KEY_ID_STR_MAX];
	struct error e;

	if (load(body, keys, id, &e))
		return command_refuse(out, e.text);
	vici_start(out, VICI_CMD_RESPONSE, NULL);
	vici_str(out, "success", "yes");
	vici_str(out, "id", id);
	return vici_finish(out);
}
