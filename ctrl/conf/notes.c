// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/notes.h"

#include <stdio.h>
#include <stdlib.h>

#include "ctrl/conf/fail.h"

static int take(const struct keys *table, const char *in, const char *name,
		const struct place *place, struct config *out, struct error *e)
{
	const struct sub *sub = keys_sub(table, name);
	struct conf_note *notes;

	if (!sub || sub->kind != SUB_IDLE)
		return 0;
	notes = realloc(out->notes, (out->n_notes + 1) * sizeof(*notes));
	if (!notes)
		return conf_no_memory(e);
	out->notes = notes;
	notes[out->n_notes++] = (struct conf_note){
		.place = *place,
		.in = in,
		.why = sub->form,
	};
	snprintf(notes[out->n_notes - 1].name, CONF_NAME_MAX, "%s", name);
	return 0;
}

int notes_take(const struct keys *table, const char *in,
	       const struct section *sec, struct config *out, struct error *e)
{
	int err = 0;

	for (const struct value *v = sec->values; v && !err; v = v->next)
		err = take(table, in, v->key, &v->place, out, e);
	for (const struct section *s = sec->sections; s && !err; s = s->next)
		err = take(table, in, s->name, &s->place, out, e);
	return err;
}
