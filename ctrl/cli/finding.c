// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/finding.h"

#include <stdarg.h>

#include "ctrl/cli/text.h"

static const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_OK:
		return "ok";
	case VERDICT_WARNING:
		return "warning";
	case VERDICT_WRONG:
		return "wrong";
	case VERDICT_SKIPPED:
		return "skipped";
	}
	return "unknown";
}

void findings_free(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		json_decref(f->at[i].more);
	f->n = 0;
}

struct finding *finding_add(struct findings *f, const char *what,
			    enum verdict verdict, const char *fmt, ...)
{
	struct finding *found = &f->at[f->n++];
	va_list ap;

	*found = (struct finding){ .what = what, .verdict = verdict };
	va_start(ap, fmt);
	vsnprintf(found->text, sizeof(found->text), fmt, ap);
	va_end(ap);
	return found;
}

void finding_remedy(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->remedy, sizeof(f->remedy), fmt, ap);
	va_end(ap);
}

bool findings_are_wrong(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].verdict == VERDICT_WRONG)
			return true;
	return false;
}

void findings_print(const struct findings *f, FILE *out)
{
	fprintf(out, "%s%s%s\n", f->name, f->peer ? " with " : "",
		f->peer ? f->peer : "");
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *found = &f->at[i];

		fprintf(out, "  %-4s  %-7s  %s\n", found->what,
			verdict_name(found->verdict), found->text);
		if (found->remedy[0])
			fprintf(out, "                 %s\n", found->remedy);
	}
}

json_t *findings_json(const struct findings *f)
{
	json_t *all = need(json_object());

	if (f->peer)
		json_object_set_new(all, "peer", need(json_string(f->peer)));
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *found = &f->at[i];
		json_t *one =
			need(json_pack("{s:s,s:s,s:s}", "result",
				       verdict_name(found->verdict), "text",
				       found->text, "remedy", found->remedy));

		if (found->more)
			json_object_update(one, found->more);
		json_object_set_new(all, found->what, one);
	}
	return all;
}
