// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each script is a frame of its shell's, and in it a line for each command: what
 * it is followed by, and its options. zsh takes bash's by its own bashcompinit.
 */
#include "ctrl/cli/completion.h"

#include <string.h>

#include "ctrl/cli/ask.h"

#define N_SCRIPTS 3

/* --- bash --- */

static const char bash_head[] =
	"# Completion of cygnet, made by `cygnet completion bash`.\n"
	"_cygnet() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal i command= uri= words= options= kind=\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n"
	"\t\t-u) uri=${COMP_WORDS[i+1]}; ((i++)) ;;\n"
	"\t\t--uri) i=$((i + 1)); [[ ${COMP_WORDS[i]} == = ]] && i=$((i + 1)); "
	"uri=${COMP_WORDS[i]} ;;\n"
	"\t\t-*) ;;\n"
	"\t\t*) [[ $command ]] || command=${COMP_WORDS[i]} ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tcase $command in\n";

static const char bash_tail[] = "\tesac\n"
				"\tcase $prev in\n";

static const char bash_end[] =
	"\tcase $cur in -*) kind=option ;; esac\n"
	"\tcase $kind in\n"
	"\tfile) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
	"\tiface) words=$(ls /sys/class/net 2>/dev/null) ;;\n"
	"\toption) words=$options ;;\n"
	"\ttarget | either) words=$(cygnet ${uri:+-u \"$uri\"} completion targets "
	"2>/dev/null) ;;\n"
	"\tesac\n"
	"\t[[ $kind == either ]] && COMPREPLY=($(compgen -f -W \"$words\" -- \"$cur\")) && return\n"
	"\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	"}\n"
	"complete -F _cygnet cygnet\n";

static const char zsh_head[] = "#compdef cygnet\n"
			       "autoload -U +X bashcompinit && bashcompinit\n";

/* zsh reads it when it is to complete for the first time. */
static const char zsh_tail[] = "[[ $zsh_eval_context[-1] == loadautofunc ]] && "
			       "_bash_complete -F _cygnet\n";

static void print_options(uint64_t options, const char *before, FILE *out)
{
	for (int i = 0; i < OPTION_N; i++)
		if (options & UINT64_C(1) << i)
			fprintf(out, "%s--%s", before,
				option_row((enum option_id)i)->name);
}

/* "add delete" of `sa`: second words of commands that begin with this one. */
static void print_seconds(const struct command *c, FILE *out)
{
	const size_t len = strlen(c->name);
	const struct command *other;

	for (size_t i = 0; (other = command_at(i)); i++)
		if (strncmp(other->name, c->name, len) == 0 &&
		    other->name[len] == ' ')
			fprintf(out, " %s", other->name + len + 1);
}

static bool has_seconds(const struct command *c)
{
	const size_t len = strlen(c->name);
	const struct command *other;

	for (size_t i = 0; (other = command_at(i)); i++)
		if (strncmp(other->name, c->name, len) == 0 &&
		    other->name[len] == ' ')
			return true;
	return false;
}

/* What stands behind a command, as a word of the script. */
static const char *kind_of(enum words words)
{
	switch (words) {
	case WORDS_TARGET:
	case WORDS_PEER:
		return "target";
	case WORDS_CHECKED:
		return "either";
	case WORDS_FILE:
		return "file";
	case WORDS_NONE:
	case WORDS_NAME:
	case WORDS_FLOW:
	case WORDS_SITE:
	case WORDS_SHELL:
	case WORDS_EVERY:
		return "";
	}
	return "";
}

static bool is_target(enum words words)
{
	return words == WORDS_TARGET || words == WORDS_CHECKED ||
	       words == WORDS_PEER;
}

static void print_firsts(FILE *out)
{
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++)
		if (c->summary)
			fprintf(out, " %s", c->name);
}

/* Options of a command and of those that begin with its name. */
static uint64_t options_of(const struct command *c)
{
	const size_t len = strlen(c->name);
	uint64_t options = OPTIONS_GENERAL;
	const struct command *other;

	for (size_t i = 0; (other = command_at(i)); i++)
		if (strncmp(other->name, c->name, len) == 0 &&
		    (!other->name[len] || other->name[len] == ' '))
			options |= other->options;
	return options;
}

/* Whose argument is a file, or an interface. */
static void print_kind(enum option_value value, const char *kind, FILE *out)
{
	const char *before = "\t";

	for (int i = 0; i < OPTION_N; i++) {
		const struct option_row *row = option_row((enum option_id)i);

		if (row->value != value)
			continue;
		if (row->letter)
			fprintf(out, "%s-%c", before, row->letter);
		fprintf(out, "%s--%s", row->letter ? " | " : before, row->name);
		before = " | ";
	}
	fprintf(out, ") kind=%s ;;\n", kind);
}

/* Commands whose --in is a file. */
static void print_readers(FILE *out)
{
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++)
		if (c->summary && c->in_is_file)
			fprintf(out,
				"\t[[ $command == %s && ( $prev == --in || "
				"$prev == -i ) ]] && kind=file\n",
				c->name);
}

static void print_bash(FILE *out)
{
	const struct command *c;

	fputs(bash_head, out);
	fputs("\t'') words='", out);
	print_firsts(out);
	fputs("' options='", out);
	print_options(OPTIONS_GENERAL, " ", out);
	fputs("' ;;\n", out);
	for (size_t i = 0; (c = command_at(i)); i++) {
		if (!c->summary)
			continue;
		fprintf(out, "\t%s) kind=%s words='", c->name,
			kind_of(c->words));
		print_seconds(c, out);
		if (c->words == WORDS_SHELL)
			fputs(" bash zsh fish commands targets", out);
		fputs("' options='", out);
		print_options(options_of(c), " ", out);
		fputs("' ;;\n", out);
	}
	fputs(bash_tail, out);
	print_kind(VALUE_FILE, "file", out);
	print_kind(VALUE_IFACE, "iface", out);
	fputs("\tesac\n", out);
	print_readers(out);
	fputs(bash_end, out);
}

static void print_zsh(FILE *out)
{
	fputs(zsh_head, out);
	print_bash(out);
	fputs(zsh_tail, out);
}

/* --- fish --- */

/* In quotes of fish, where a backslash and a quote want one before them. */
static void print_quoted(const char *text, FILE *out)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

static void print_fish_option(const char *when, const struct command *c,
			      enum option_id id, FILE *out)
{
	const struct option_row *row = option_row(id);

	fprintf(out, "complete -c cygnet -n '%s' -l %s", when, row->name);
	if (row->letter)
		fprintf(out, " -s %c", row->letter);
	switch (id == OPTION_IN && c->in_is_file ? VALUE_FILE : row->value) {
	case VALUE_NONE:
		break;
	case VALUE_TEXT:
		fputs(" -x", out);
		break;
	case VALUE_FILE:
		fputs(" -r -F", out);
		break;
	case VALUE_IFACE:
		fputs(" -x -a '(ls /sys/class/net)'", out);
		break;
	}
	fputc('\n', out);
}

static void print_fish_command(const struct command *c, FILE *out)
{
	char when[64];

	fputs("complete -c cygnet -n __fish_use_subcommand -a ", out);
	fprintf(out, "%s -d ", c->name);
	print_quoted(c->summary, out);
	fputc('\n', out);
	snprintf(when, sizeof(when), "__fish_seen_subcommand_from %s", c->name);
	for (int i = 0; i < OPTION_N; i++)
		if (options_of(c) & UINT64_C(1) << i)
			print_fish_option(when, c, (enum option_id)i, out);
	if (has_seconds(c)) {
		fprintf(out, "complete -c cygnet -n '%s' -a '", when);
		print_seconds(c, out);
		fputs("'\n", out);
	}
	if (is_target(c->words))
		fprintf(out,
			"complete -c cygnet -n '%s' -a "
			"'(cygnet completion targets 2>/dev/null)'\n",
			when);
	if (c->words == WORDS_FILE || c->words == WORDS_CHECKED)
		fprintf(out, "complete -c cygnet -n '%s' -F\n", when);
	if (c->words == WORDS_SHELL)
		fprintf(out,
			"complete -c cygnet -n '%s' -a 'bash zsh fish commands targets'\n",
			when);
}

static void print_fish(FILE *out)
{
	const struct command *c;

	fputs("# Completion of cygnet, made by `cygnet completion fish`.\n"
	      "complete -c cygnet -f\n",
	      out);
	for (size_t i = 0; (c = command_at(i)); i++)
		if (c->summary)
			print_fish_command(c, out);
}

/* --- the command --- */

bool completion_print(const char *shell, FILE *out)
{
	static const struct {
		const char *shell;
		void (*print)(FILE *out);
	} scripts[N_SCRIPTS] = { { "bash", print_bash },
				 { "zsh", print_zsh },
				 { "fish", print_fish } };

	for (size_t i = 0; i < N_SCRIPTS; i++)
		if (strcmp(scripts[i].shell, shell) == 0) {
			scripts[i].print(out);
			return true;
		}
	return false;
}

void completion_targets(const struct node *conns, FILE *out)
{
	const struct node *item, *conn, *child;

	for (item = node_first(conns); item; item = item->next)
		for (conn = node_first(item); conn; conn = conn->next) {
			fprintf(out, "%s\n", conn->name);
			child = node_first(node_find(conn, "children"));
			for (; child; child = child->next)
				fprintf(out, "%s/%s\n", conn->name, child->name);
		}
}

static int targets(const struct arguments *args, FILE *out)
{
	const struct question q = { .command = "list-conns",
				    .event = "list-conn" };
	struct error e;
	struct node *conns = ask_daemon(arguments_path(args), &q, "conns", &e);

	if (!conns) {
		fprintf(stderr, "cygnet: %s\n", e.text);
		return 1;
	}
	completion_targets(node_find(conns, "conns"), out);
	node_free(conns);
	return 0;
}

/* A line each. */
static int commands(FILE *out)
{
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++)
		fprintf(out, "%s\n", c->name);
	return 0;
}

int completion_run(const struct arguments *args, FILE *out)
{
	const char *shell = args->words[0];

	if (strcmp(shell, "targets") == 0)
		return targets(args, out);
	if (strcmp(shell, "commands") == 0)
		return commands(out);
	if (completion_print(shell, out))
		return 0;
	fprintf(stderr,
		"cygnet: no completion for '%s'; there is bash, zsh and fish\n",
		shell);
	return 2;
}
