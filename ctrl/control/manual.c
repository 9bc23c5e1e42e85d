// SPDX-License-Identifier: BSD-2-Clause
/* An unknown argument's name is not shown: it may be a key. */
#include "ctrl/control/manual.h"

#include <errno.h>
#include <string.h>

#include "ctrl/control/vici.h"

static bool is_text(struct slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

/* It is shown in errors. */
static int read_word(const char *key, struct slice value, char *out,
		     size_t room, struct error *e)
{
	bool ok = value.len > 0 && value.len < room && !out[0];

	for (size_t i = 0; i < value.len && ok; i++)
		ok = value.ptr[i] > ' ' && value.ptr[i] <= '~';
	if (!ok)
		return error_set(e, -EINVAL,
				 "argument '%s' must be given once, as 1 to "
				 "%zu visible ASCII characters",
				 key, room - 1);
	memcpy(out, value.ptr, value.len);
	return 0;
}

static int read_argument(const struct vici_elem *elem,
			 struct manual_request *out, struct error *e)
{
	if (elem->type == VICI_KEY_VALUE && is_text(elem->name, "name"))
		return read_word("name", elem->value, out->name,
				 sizeof(out->name), e);
	if (elem->type == VICI_KEY_VALUE && is_text(elem->name, "file"))
		return read_word("file", elem->value, out->file,
				 sizeof(out->file), e);
	if (elem->type == VICI_KEY_VALUE && is_text(elem->name, "text") &&
	    !out->text.ptr) {
		out->text = elem->value;
		return 0;
	}
	return error_set(e, -EINVAL,
			 "this command takes the values name, file and text, "
			 "each once, and nothing else");
}

int manual_request_read(struct slice body, struct manual_request *out,
			struct error *e)
{
	struct vici_reader r = vici_read(body);
	struct vici_elem elem;
	int err = 0;

	*out = (struct manual_request){ 0 };
	while (vici_argument(&r, &elem, &err, e))
		err = read_argument(&elem, out, e);
	if (!err && (!out->name[0] || !out->text.ptr))
		err = error_set(e, -EINVAL, "argument '%s' is missing",
				out->name[0] ? "text" : "name");
	if (!out->file[0])
		strcpy(out->file, "cygnet-sa-add");
	return err;
}
