// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/doctor.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/check.h"
#include "ctrl/cli/text.h"

static const char *const level_names[DOCTOR_LEVELS] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_NOTE] = "note",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_ERROR] = "error",
};

/* Names of interfaces and of processes are strangers' text. */
static char *printable(const char *text)
{
	return text_printable(
		(struct slice){ (const uint8_t *)text, strlen(text) });
}

static void print_finding(const struct finding *f, FILE *out)
{
	char *what = printable(f->what), *remedy = printable(f->remedy);

	fprintf(out, "  %-8s %s%s%s\n", level_names[f->level], what,
		remedy[0] ? "; " : "", remedy);
	free(what);
	free(remedy);
}

void doctor_print(const struct doctor_report *r, FILE *out)
{
	const char *group = "";

	for (size_t i = 0; i < r->n; i++) {
		char *name = printable(r->at[i].group);

		if (strcmp(group, r->at[i].group) != 0)
			fprintf(out, "%s%s\n", i ? "\n" : "", name);
		free(name);
		group = r->at[i].group;
		print_finding(&r->at[i], out);
	}
	fprintf(out, "\n%zu errors, %zu warnings\n", r->counts[DOCTOR_ERROR],
		r->counts[DOCTOR_WARNING]);
}

static json_t *text_json(const char *text)
{
	char *safe = printable(text);
	json_t *json = need(json_string(safe));

	free(safe);
	return json;
}

static json_t *finding_json(const struct finding *f)
{
	json_t *json = need(json_object());

	json_object_set_new(json, "group", text_json(f->group));
	json_object_set_new(json, "level", text_json(level_names[f->level]));
	json_object_set_new(json, "what", text_json(f->what));
	json_object_set_new(json, "remedy", text_json(f->remedy));
	return json;
}

void doctor_print_json(const struct doctor_report *r, FILE *out)
{
	json_t *json = need(json_object()), *findings = need(json_array());
	char *text;

	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(findings, finding_json(&r->at[i]));
	json_object_set_new(json, "findings", findings);
	json_object_set_new(json, "errors",
			    json_integer((json_int_t)r->counts[DOCTOR_ERROR]));
	json_object_set_new(json, "warnings",
			    json_integer((json_int_t)r->counts[DOCTOR_WARNING]));
	text = need(json_dumps(json, JSON_INDENT(2)));
	fprintf(out, "%s\n", text);
	free(text);
	json_decref(json);
}

int doctor_run(const struct arguments *args, FILE *out)
{
	struct doctor_facts *facts = need(calloc(1, sizeof(*facts)));
	struct doctor_report *report = need(calloc(1, sizeof(*report)));
	struct config *config;
	int code;

	doctor_read(args->words[0] ? args->words[0] : CHECK_DEFAULT_FILE, facts,
		    &config);
	doctor_check(facts, report);
	if (arguments_have(args, OPT(JSON)))
		doctor_print_json(report, out);
	else
		doctor_print(report, out);
	code = doctor_exit_code(report);
	config_free(config);
	free(report);
	free(facts);
	return code;
}
