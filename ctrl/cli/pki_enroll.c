// SPDX-License-Identifier: BSD-2-Clause
/* `cygnet pki enroll` and `cygnet pki renew`. */
#include "ctrl/cli/pki.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctrl/cli/ask.h"
#include "ctrl/cli/pki_input.h"
#include "ctrl/cli/pki_options.h"
#include "ctrl/model/dn.h"
#include "ctrl/pki/cmp_http.h"
#include "ctrl/pki/pem.h"
#include "ctrl/pki/revoke.h"

#define TIMEOUT_S     120
#define MESSAGE_S     30 /* of one exchange, at most */
#define WITHIN_DAYS   30
#define TIME_TEXT     32
#define RECIPIENT_MAX 1024

/* What an exchange is made of. */
struct asking {
	struct pki_options options;
	enum cmp_command command;
	int reason;
	int64_t within_s;
	uint8_t recipient[RECIPIENT_MAX];
	size_t recipient_len;
	struct cmp_http *http;
	struct owned secret;
	struct pki_certs own, cas;
	struct private_key *own_key;
	struct pki_input input; /* the key, or the request */
};

/* --- options --- */

static int read_command(const char *text, enum cmp_command *out, struct error *e)
{
	static const char *const names[] = { [CMP_IR] = "ir",
					     [CMP_CR] = "cr",
					     [CMP_P10CR] = "p10cr",
					     [CMP_KUR] = "kur",
					     [CMP_RR] = "rr" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (enum cmp_command)i;
			return 0;
		}
	return error_set(
		e, -EINVAL,
		"--cmd is one of ir, cr, p10cr, kur and rr, not '%.64s'", text);
}

static int read_recipient(const char *text, struct asking *a, struct error *e)
{
	struct error why;

	if (dn_parse(text, a->recipient, sizeof(a->recipient),
		     &a->recipient_len, &why))
		return error_set(e, -EINVAL, "--recipient \"%.200s\": %.300s",
				 text, why.text);
	return 0;
}

static unsigned int timeout_s(const struct arguments *args)
{
	return args->timeout_s ? (unsigned int)args->timeout_s : TIMEOUT_S;
}

/* What both commands have. */
static int read_common(const struct arguments *args, struct asking *a,
		       struct error *e)
{
	const char *const *values = args->values;
	unsigned int message_s = timeout_s(args);
	int err = pki_options_read(args, &a->options, e);

	if (!err)
		err = pki_need(args, OPTION_CMP, e);
	if (!err && values[OPTION_RECIPIENT])
		err = read_recipient(values[OPTION_RECIPIENT], a, e);
	if (!err && values[OPTION_KEY])
		err = pki_need(args, OPTION_CERT, e);
	if (!err)
		err = cmp_http_new(values[OPTION_CMP],
				   message_s < MESSAGE_S ? message_s : MESSAGE_S,
				   &a->http, e);
	return err;
}

static int read_enroll(const struct arguments *args, struct asking *a,
		       struct error *e)
{
	const char *reason = args->values[OPTION_REASON];
	const char *command = args->values[OPTION_CMD];
	int err = command ? read_command(command, &a->command, e) : 0;

	if (!err && reason && revoke_reason_parse(reason, &a->reason))
		err = error_set(e, -EINVAL,
				"--reason is one of those that `cygnet pki "
				"signcrl --help` names, not '%.64s'",
				reason);
	if (!err)
		err = read_common(args, a, e);
	if (!err && a->command != CMP_RR)
		err = pki_need(args, OPTION_OUT, e);
	if (!err && (a->command == CMP_RR || a->command == CMP_KUR))
		err = pki_need(args, OPTION_CERT, e);
	return err;
}

static int read_renew(const struct arguments *args, struct asking *a,
		      struct error *e)
{
	const char *within = args->values[OPTION_WITHIN];
	int err = read_common(args, a, e);

	a->command = CMP_KUR;
	a->within_s = WITHIN_DAYS * PKI_DAY_S;
	if (!err)
		err = pki_need(args, OPTION_CERT, e);
	if (!err)
		err = pki_need(args, OPTION_KEY, e);
	return !err && within ? pki_time_read(within, &a->within_s, e) : err;
}

/* --- files --- */

static int read_cas(const struct arguments *args, struct asking *a,
		    struct error *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < args->n_all; i++)
		if (args->all[i].id == OPTION_CACERT)
			err = pki_read_certs(args->all[i].value, &a->cas, e);
	return err;
}

static bool has_input(const struct arguments *args)
{
	return args->words[0] || args->values[OPTION_IN];
}

/* Of what kind the command wants. KUR may go on with the key that there is. */
static int read_asked(const struct arguments *args, struct asking *a,
		      struct error *e)
{
	const bool is_request = a->command == CMP_P10CR;
	int err;

	if (a->command == CMP_RR || (a->command == CMP_KUR && !has_input(args)))
		return 0;
	err = pki_input_read(args, &a->input, e);
	if (err || (is_request ? a->input.request != NULL
			       : a->input.private_key != NULL))
		return err;
	return error_set(e, -EINVAL, "%.200s: it is no %s; make one by `%s`",
			 pki_input_path(args),
			 is_request ? "request" : "private key",
			 is_request ? "cygnet pki req" : "cygnet pki gen");
}

static int read_files(const struct arguments *args, struct asking *a,
		      struct error *e)
{
	const char *const *values = args->values;
	int err = 0;

	if (values[OPTION_SECRET_FILE])
		err = pki_read_secret(values[OPTION_SECRET_FILE], &a->secret, e);
	if (!err && values[OPTION_CERT])
		err = pki_read_certs(values[OPTION_CERT], &a->own, e);
	if (!err && values[OPTION_KEY])
		err = pki_read_key(args, values[OPTION_KEY], &a->own_key, e);
	if (!err)
		err = read_cas(args, a, e);
	return err ? err : read_asked(args, a, e);
}

static void asking_free(struct asking *a)
{
	cmp_http_free(a->http);
	owned_free(&a->secret);
	pki_certs_free(&a->own);
	pki_certs_free(&a->cas);
	private_key_free(a->own_key);
	pki_input_free(&a->input);
}

/* --- the exchange --- */

/* What the certificate is for; a request has its own. */
static const struct private_key *key_of(const struct asking *a)
{
	if (a->command == CMP_P10CR || a->command == CMP_RR)
		return NULL;
	return a->input.private_key ? a->input.private_key : a->own_key;
}

static int ask(const struct arguments *args, const struct asking *a,
	       struct certificate **out, struct error *e)
{
	const char *ref = args->values[OPTION_REF];
	const struct pki_options *o = &a->options;
	const struct cmp_plan p = {
		.command = a->command,
		.exchange = cmp_http_exchange,
		.arg = a->http,
		.timeout_s = timeout_s(args),
		.ref = slice_of(ref, ref ? strlen(ref) : 0),
		.secret = owned_slice(&a->secret),
		.own = (const struct certificate *const *)a->own.at,
		.n_own = a->own_key ? a->own.n : 0,
		.own_key = a->own_key,
		.cas = (const struct certificate *const *)a->cas.at,
		.n_cas = a->cas.n,
		.recipient = slice_of(a->recipient, a->recipient_len),
		.key = key_of(a),
		.subject = slice_of(o->dn, o->dn_len),
		.sans = o->sans,
		.n_sans = o->n_sans,
		.request = a->input.request,
		.old = a->command == CMP_KUR || a->command == CMP_RR
			       ? a->own.at[0]
			       : NULL,
		.reason = a->reason,
		.implicit_confirm = arguments_have(args, OPT(IMPLICIT_CONFIRM)),
	};
	struct error why;
	int err;

	/* A server that goes away is one that gave no answer. */
	signal(SIGPIPE, SIG_IGN);
	err = cmp_run(&p, out, &why);
	return err ? error_set(e, err, "%.200s: %.700s",
			       args->values[OPTION_CMP], why.text)
		   : 0;
}

static int write_certificate(const char *path, enum key_form form,
			     const struct certificate *c,
			     enum pki_replace replace, struct error *e)
{
	struct owned text = { NULL, 0 };
	int err;

	if (form == KEY_FORM_PEM &&
	    pem_write(PEM_LABEL_CERTIFICATE, c->der, &text))
		return error_set(e, -ENOMEM, "out of memory");
	err = pki_write(path, text.ptr ? owned_slice(&text) : c->der,
			PKI_MODE_PUBLIC, replace, e);
	owned_free(&text);
	return err;
}

static const char *day(int64_t at_s, char buf[TIME_TEXT])
{
	time_t at = (time_t)at_s;
	struct tm tm;

	if (!gmtime_r(&at, &tm) ||
	    !strftime(buf, TIME_TEXT, "%Y-%m-%d %H:%M UTC", &tm))
		snprintf(buf, TIME_TEXT, "an unknown time");
	return buf;
}

static void tell(const char *did, const char *path, const struct certificate *c,
		 bool reloads, FILE *out)
{
	char name[CERTIFICATE_STR_MAX], until[TIME_TEXT];

	if (strcmp(path, "-") != 0)
		fprintf(out, "%s: %s \"%s\", good until %s%s\n", path, did,
			certificate_str(c, name), day(c->not_after_s, until),
			reloads ? ""
				: "; `cygnet reload` makes the daemon take it");
}

/* --- enroll --- */

/* A name that is taken is found out before the CA issues something for nothing. */
static int check_out(const struct arguments *args, struct error *e)
{
	const char *path = args->values[OPTION_OUT];
	FILE *there;

	if (!path || arguments_have(args, OPT(FORCE)) || strcmp(path, "-") == 0)
		return 0;
	there = fopen(path, "re");
	if (!there)
		return 0;
	fclose(there);
	return error_set(e, -EEXIST,
			 "%.200s: it is there already; give another name, or "
			 "--force to replace it",
			 path);
}

static int enroll(const struct arguments *args, struct asking *a, FILE *out,
		  struct error *e)
{
	const char *path = args->values[OPTION_OUT];
	char name[CERTIFICATE_STR_MAX];
	struct certificate *c = NULL;
	int err = check_out(args, e);

	if (!err)
		err = read_files(args, a, e);
	if (!err)
		err = ask(args, a, &c, e);
	if (!err && !c) {
		fprintf(out, "\"%s\" is revoked\n",
			certificate_str(a->own.at[0], name));
		return 0;
	}
	if (!err)
		err = write_certificate(path, a->options.form, c,
					pki_replace_of(args), e);
	if (!err)
		tell("certificate", path, c, false, out);
	certificate_free(c);
	return err;
}

int pki_enroll_run(const struct arguments *args, FILE *out)
{
	struct asking a = { .command = CMP_IR };
	struct error e;
	int code = 0;

	if (read_enroll(args, &a, &e))
		code = pki_usage(&e);
	else if (enroll(args, &a, out, &e))
		code = pki_failed(&e);
	asking_free(&a);
	return code;
}

/* --- renew --- */

/* One that runs: whoever starts later reads the new one anyway. */
static int reload(const struct arguments *args, FILE *out, struct error *e)
{
	const char *path = arguments_path(args);
	const struct question q = { .command = "reload" };
	struct node *answer;
	int err = 0;

	if (access(path, F_OK)) {
		fprintf(out, "no daemon is at %s\n", path);
		return 0;
	}
	answer = ask_daemon(path, &q, NULL, e);
	if (!answer)
		return -EIO;
	if (ask_is_refusal(answer))
		err = error_set(e, -EINVAL,
				"the daemon does not take it: %.600s",
				node_text(answer, "errmsg"));
	else
		fprintf(out, "the daemon has read its configuration again\n");
	node_free(answer);
	return err;
}

static int renew(const struct arguments *args, struct asking *a, FILE *out,
		 struct error *e)
{
	const char *path = args->values[OPTION_OUT] ? args->values[OPTION_OUT]
						    : args->values[OPTION_CERT];
	bool reloads = arguments_have(args, OPT(RELOAD));
	char name[CERTIFICATE_STR_MAX], until[TIME_TEXT];
	struct certificate *c = NULL;
	int err = read_files(args, a, e);

	if (err)
		return err;
	if (a->own.at[0]->not_after_s - time(NULL) > a->within_s) {
		fprintf(out, "%s: \"%s\" is good until %s; nothing to do\n",
			args->values[OPTION_CERT],
			certificate_str(a->own.at[0], name),
			day(a->own.at[0]->not_after_s, until));
		return 0;
	}
	err = ask(args, a, &c, e);
	if (!err)
		err = write_certificate(path, KEY_FORM_PEM, c,
					PKI_REPLACE_EXISTING, e);
	if (!err)
		tell("renewed", path, c, reloads, out);
	certificate_free(c);
	return !err && reloads ? reload(args, out, e) : err;
}

int pki_renew_run(const struct arguments *args, FILE *out)
{
	struct asking a = { .command = CMP_KUR };
	struct error e;
	int code = 0;

	if (read_renew(args, &a, &e))
		code = pki_usage(&e);
	else if (renew(args, &a, out, &e))
		code = pki_failed(&e);
	asking_free(&a);
	return code;
}
