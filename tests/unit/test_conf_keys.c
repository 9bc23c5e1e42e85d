// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every key of swanctl.conf and strongswan.conf that there is a row for: what it is
 * taken as, or why it is refused; and that ctrl/conf/KEYS.md, which operators read,
 * says of each what the tables do.
 */
#include <errno.h>

#include "ctrl/conf/conf.h"
#include "ctrl/conf/keys.h"
#include "ctrl/conf/schema_auth.h"
#include "ctrl/conf/schema_authority.h"
#include "ctrl/conf/schema_charon.h"
#include "ctrl/conf/schema_plugins.h"
#include "ctrl/conf/schema_conn.h"
#include "ctrl/conf/schema_key.h"
#include "ctrl/conf/schema_psk.h"
#include "ctrl/conf/schema_token.h"
#include "ctrl/conf/values.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct config *conf_with(const char *find, const char *line)
{
	char replace[256], *text;
	struct config *c;
	struct error e;

	snprintf(replace, sizeof(replace), "%s%s\n", find, line);
	text = changed_from(good_conns, find, replace);
	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s: %s", line, e.text);
	free(text);
	return c;
}

#define CONN   "\tmoon {\n"
#define CHILD  "\t\t\tdmz {\n"
#define LOCAL  "\t\tlocal { auth = psk\n"
#define REMOTE "\t\tremote { auth = psk\n"

static void what_is_so_anyway_may_be_said(void **state)
{
	static const struct {
		const char *where, *line;
	} rows[] = {
		{ CONN, "aggressive = no" },
		{ CONN, "pull = yes" },
		{ CONN, "dpd_timeout = 150s" },
		{ CONN, "send_certreq = yes" },
		{ CONN, "ocsp = reply" },
		{ CONN, "send_cert = ifasked" },
		{ CONN, "mediation = no" },
		{ LOCAL, "round = 0" },
		{ REMOTE, "round = 1" },
		{ CHILD, "policies = yes" },
		{ CHILD, "policies_fwd_out = yes" },
		{ CHILD, "policies_fwd_out = no" },
		{ CHILD, "priority = 0" },
		{ CHILD, "sha256_96 = no" },
		{ CHILD, "ipcomp = no" },
		{ CHILD, "hw_offload = no" },
		{ CHILD, "hw_offload = auto" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct config *with = conf_with(rows[i].where, rows[i].line);
		struct config *without = conf_with(rows[i].where, "");

		for (size_t k = 0; k < without->n_conns; k++)
			assert_true(conn_equal(&with->conns[k],
					       &without->conns[k]));
		config_free(without);
		config_free(with);
	}
}

static void a_script_has_its_words(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "updown = /etc/up", "/etc/up" },
		{ "updown = /etc/up  one\ttwo=3", "/etc/up one two=3" },
		{ "updown = \" /etc/up one  two \"", "/etc/up one two" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct config *c = conf_with(CHILD, rows[i].line);

		assert_string_equal(c->conns[0].children[1].updown,
				    rows[i].want);
		assert_string_equal(c->conns[0].children[0].updown, "");
		config_free(c);
	}
}

static void the_others_set_their_fields(void **state)
{
	struct config *c;

	(void)state;
	c = conf_with(CHILD, "hostaccess = yes\nreqid = 7");
	assert_true(c->conns[0].children[1].hostaccess);
	assert_int_equal(c->conns[0].children[1].reqid, 7);
	config_free(c);
	c = conf_with(CONN, "send_cert = always\nsend_certreq = no");
	assert_int_equal(c->conns[0].send_cert, SEND_CERT_ALWAYS);
	assert_false(c->conns[0].send_certreq);
	assert_int_equal(c->conns[1].send_cert, SEND_CERT_IF_ASKED);
	assert_true(c->conns[1].send_certreq);
	config_free(c);
	c = conf_with(CONN, "ocsp = both");
	assert_int_equal(c->conns[0].ocsp, OCSP_INSIDE_BOTH);
	assert_int_equal(c->conns[1].ocsp, OCSP_INSIDE_REPLY);
	config_free(c);
	c = conf_with(CONN, "dscp = 110000");
	assert_int_equal(c->conns[0].dscp, 48);
	assert_int_equal(c->conns[1].dscp, 0);
	config_free(c);
}

static void what_a_child_says_tells_it_from_another(void **state)
{
	static const char *const lines[] = { "updown = /a", "hostaccess = yes",
					     "reqid = 1" };
	struct config *was = conf_with(CHILD, ""), *is;

	(void)state;
	for (size_t i = 0; i < ROWS(lines); i++) {
		is = conf_with(CHILD, lines[i]);
		assert_false(child_equal(&was->conns[0].children[1],
					 &is->conns[0].children[1]));
		config_free(is);
	}
	is = conf_with(CONN, "dscp = 000001");
	assert_false(conn_equal_ike(&was->conns[0], &is->conns[0]));
	config_free(is);
	config_free(was);
}

static const struct {
	const char *where, *line, *error;
} refused[] = {
	{ CHILD, "updown = up",
	  "f:45:10: connections.moon.children.dmz.updown must be an absolute "
	  "path, and words for it, of up to 159 octets in all" },
	{ CHILD, "updown = /etc/up; reboot",
	  "f:45:10: connections.moon.children.dmz.updown has a character that a "
	  "shell would act on, and no shell runs it; write that into a script, "
	  "and the script's path here" },
	{ CHILD, "mark_in = 42",
	  "f:45:1: connections.moon.children.dmz.mark_in is of marks that "
	  "netfilter sets and XFRM asks for; here local_ts and remote_ts say "
	  "what a child protects, or the interface with if_id_out: remove it" },
	{ CHILD, "ipcomp = yes",
	  "f:45:10: connections.moon.children.dmz.ipcomp is yes, but "
	  "compressing before encrypting tells of what is inside (RFC 7457 "
	  "section 2.6), and no peer depends on it; write no" },
	{ CHILD, "hw_offload = packet",
	  "f:45:14: connections.moon.children.dmz.hw_offload is packet, but no "
	  "NIC does ESP for packets of AF_XDP; write auto" },
	{ CHILD, "policies = no",
	  "f:45:12: connections.moon.children.dmz.policies is no, and a child "
	  "without one would let its traffic out in the clear; remove it" },
	{ CHILD, "priority = 3",
	  "f:45:12: connections.moon.children.dmz.priority must be 0: policies "
	  "come before connections, and what stands first in the file goes "
	  "first" },
	{ CONN, "aggressive = yes",
	  "f:7:14: connections.moon.aggressive is yes, which is of IKEv1 alone, "
	  "and lets who listens guess the key; write no" },
	{ CONN, "pull = no",
	  "f:7:8: connections.moon.pull is no, and IKEv2 has no push mode; "
	  "write yes" },
	{ CONN, "dscp = 48",
	  "f:7:8: connections.moon.dscp must be six binary digits such as "
	  "110000" },
	{ CONN, "dscp = 1100001",
	  "f:7:8: connections.moon.dscp must be six binary digits such as "
	  "110000" },
	{ CONN, "mediated_by = med",
	  "f:7:1: connections.moon.mediated_by is of strongSwan's mediation "
	  "extension, which never became an RFC; remove it" },
	{ CONN, "dpd_timeout = soon",
	  "f:7:15: connections.moon.dpd_timeout must be a number of seconds, or "
	  "one with s, m, h or d such as 4h, up to 3650d" },
	{ LOCAL, "round = first",
	  "f:51:9: connections.road.local.round must be a number by which the "
	  "sections of a side are sorted" },
	{ CONN, "remote-2 {\nid = sun\n}\nresumption = yes",
	  "f:10:14: connections.moon.resumption does not go with several rounds "
	  "of authentication; remove it, or leave one section local and one "
	  "remote" },
};

static void others_are_refused_with_the_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++) {
		char replace[256], *text;
		struct config *c;
		struct error e;

		snprintf(replace, sizeof(replace), "%s%s\n", refused[i].where,
			 refused[i].line);
		text = changed_from(good_conns, refused[i].where, replace);
		assert_int_equal(conf_parse("f", slice_of(text, strlen(text)),
					    &c, &e),
				 -EINVAL);
		assert_string_equal(e.text, refused[i].error);
		free(text);
	}
}

/* --- the table that operators read */

static const struct {
	const char *name;
	const struct keys *table;
} tables[] = {
	{ "connections.NAME", &conn_table },
	{ "connections.NAME.local*", &conn_local_table },
	{ "connections.NAME.remote*", &conn_remote_table },
	{ "connections.NAME.children.NAME", &conn_child_table },
	{ "connections.NAME.local*.cert*, remote*.cert*, cacert*",
	  &conn_cert_table },
	{ "authorities.NAME", &authority_table },
	{ "secrets", &psk_names },
	{ "secrets.ike*", &psk_ike_table },
	{ "secrets.private*, rsa*, ecdsa*, pkcs8*, pkcs12*", &key_table },
	{ "secrets.token*", &token_table },
	{ "charon", &charon_table },
	{ "charon.plugins", &plugins_table },
	{ "charon.plugins.resolve", &resolve_table },
	{ "charon.plugins.resolve.resolvconf", &resolvconf_table },
	{ "charon.plugins.pkcs11", &pkcs11_table },
	{ "charon.plugins.pkcs11.modules.NAME", &pkcs11_module_table },
};

/* What its words are refused for, each reason once. */
static void write_refusals(FILE *out, const struct key *k)
{
	const char *last = "";

	for (const struct word *w = k->words; w && w->text; w++) {
		if (!w->refusal || strcmp(w->refusal, last) == 0)
			continue;
		fprintf(out, "; not %s, %s", w->text, w->refusal);
		last = w->refusal;
	}
}

static void write_key(FILE *out, const struct key *k)
{
	fprintf(out, "| `%s%s` | %s | %s", k->name, k->prefix ? "*" : "",
		k->idle ? "without effect" : "taken",
		k->required ? "required: " : "");
	if (k->read == value_no)
		fprintf(out, "no; not yes, %s", k->words->refusal);
	else if (k->read == value_yes)
		fprintf(out, "yes; not no, %s", k->words->refusal);
	else
		fputs(k->form, out);
	write_refusals(out, k);
	fputs(" |\n", out);
}

static void write_sub(FILE *out, const struct sub *sub)
{
	static const char *const kinds[] = {
		[SUB_TABLE] = "section", [SUB_NAMED] = "section",
		[SUB_EACH] = "section",	 [SUB_LATER] = "not yet",
		[SUB_NEVER] = "refused", [SUB_IDLE] = "without effect",
	};

	fprintf(out, "| `%s%s` | %s | %s%s |\n", sub->name,
		sub->prefix ? "*" : "", kinds[sub->kind],
		sub->kind == SUB_IDLE ? "it is " : "",
		sub->form ? sub->form : "");
}

static void write_tables(FILE *out)
{
	for (size_t i = 0; i < ROWS(tables); i++) {
		const struct keys *t = tables[i].table;

		fprintf(out, "\n## %s\n\n| key | here | what |\n|---|---|---|\n",
			tables[i].name);
		for (size_t k = 0; k < t->n_keys; k++)
			write_key(out, &t->keys[k]);
		for (size_t k = 0; k < t->n_subs; k++)
			write_sub(out, &t->subs[k]);
	}
}

/* From its first heading of a table on. */
static char *read_page(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t len = 0;

	if (!file)
		return NULL;
	assert_true(getdelim(&text, &len, '\0', file) > 0);
	fclose(file);
	return text;
}

/* A key that changes changes its line; tools/keys-page writes it. */
static void the_page_says_what_the_tables_do(void **state)
{
	char *page = read_page("ctrl/conf/KEYS.md"), *want = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&want, &len);
	const char *tail;

	(void)state;
	assert_non_null(out);
	write_tables(out);
	fclose(out);
	if (getenv("KEYS_MD"))
		printf("%s", want);
	if (!page) {
		free(want);
		skip(); /* not run where the sources are */
	}
	tail = strstr(page, "\n## ");
	assert_non_null(tail);
	assert_string_equal(tail, want);
	free(want);
	free(page);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(what_is_so_anyway_may_be_said),
		cmocka_unit_test(a_script_has_its_words),
		cmocka_unit_test(the_others_set_their_fields),
		cmocka_unit_test(what_a_child_says_tells_it_from_another),
		cmocka_unit_test(others_are_refused_with_the_reason),
		cmocka_unit_test(the_page_says_what_the_tables_do),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
